"""A loopback GitHub for one repository: git over HTTP for those who show the token, and the REST calls of pull requests."""

import base64
import json
import os
import subprocess
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "may-push-to-the-repository"
SAYS_NO = {
    "no drafts": (422, {"message": "Draft pull requests are not supported in this repository."}, {}),
    "not permitted": (403, {"message": "GitHub Actions is not permitted to create or approve pull requests."}, {}),
    "bad base": (422, {"message": "Validation Failed", "errors": [{"field": "base", "message": "base is invalid"}]}, {}),
    "slow down": (403, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "1"}),
    "spent": (403, {"message": "API rate limit exceeded"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}),
    "trouble": (502, {}, {}),
}


class GitHub:
    """Serves `origin`, a bare repository, as acme/shop.

    `pulls` are its open pull requests. `says` are what it answers to the next attempts to open one, in order (a key of `SAYS_NO`; "lost":
    it opens it and its answer is lost).
    """

    def __init__(self, origin: Path) -> None:
        self.origin = origin
        self.pulls: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.says: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"github": self}))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "GitHub":
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def settings(self) -> dict[str, str]:
        """What a publish job there finds in its environment."""
        places = {"GITHUB_REPOSITORY": "acme/shop", "GITHUB_SERVER_URL": self.url, "GITHUB_API_URL": f"{self.url}/api"}
        return places | {"GITHUB_TOKEN": TOKEN, "GITHUB_RUN_ID": "4711", "GITHUB_RUN_ATTEMPT": "1"}

    def open(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """A pull request is open."""
        number = len(self.pulls) + 1
        pull = {
            "number": number,
            "html_url": f"{self.url}/acme/shop/pull/{number}",
            "draft": wanted.get("draft", False),
            "head": {"ref": wanted["head"]},
            "base": {"ref": wanted["base"]},
        }
        self.pulls.append(pull)
        return pull


class _Handler(BaseHTTPRequestHandler):
    github: GitHub

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/acme/shop.git/"):
            return self._serve_git(body)
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self._send(401, {"message": "Bad credentials"})
        if self.path == "/api/repos/acme/shop":
            return self._send(200, {"default_branch": "main"})
        if self.command == "GET":
            head = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)["head"][0]
            return self._send(200, [pull for pull in self.github.pulls if f"acme:{pull['head']['ref']}" == head])
        return self._open(json.loads(body))

    def _open(self, wanted: dict[str, Any]) -> None:
        self.github.asked.append(wanted)
        says = self.github.says.pop(0) if self.github.says else ""
        if says in SAYS_NO:
            status, answer, headers = SAYS_NO[says]
            return self._send(status, answer, headers)
        if any(pull["head"]["ref"] == wanted["head"] for pull in self.github.pulls):
            message = f"A pull request already exists for acme:{wanted['head']}."
            return self._send(422, {"message": "Validation Failed", "errors": [{"message": message}]})
        pull = self.github.open(wanted)
        return self.connection.close() if says == "lost" else self._send(201, pull)

    def _serve_git(self, body: bytes) -> None:
        if self.headers["Authorization"] != f"basic {base64.b64encode(f'x-access-token:{TOKEN}'.encode()).decode()}":
            self._send(401, {}, {"WWW-Authenticate": "Basic"})
            return
        done = subprocess.run(["git", "http-backend"], env=self._cgi(body), input=body, capture_output=True, check=True).stdout
        head, _, content = done.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _cgi(self, body: bytes) -> dict[str, str]:
        path, _, query = self.path.partition("?")
        return {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.github.origin),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "x-access-token",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path.removeprefix("/acme/shop.git"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
        }

    def _send(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: Any) -> None:
        return
