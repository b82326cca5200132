"""The loopback GitHub's addresses: REST below /api/v3, git at the repository's own, OIDC below /oidc. Every request shows a token."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.laptop import commits
from tests.github.git import GitRequest, git, serve
from tests.github.hub import NAME, Hub, Refusal
from tests.github.identity import Token
from tests.github.jobs import start

REPOSITORY = f"/api/v3/repos/{NAME}"
REST: list[tuple[str, str, str, str, str]] = [  # method, path below the repository, what it needs, how much of it, who answers
    ("GET", r"", "metadata", "none", "show_repository"),
    ("GET", r"/contents/(.+)", "contents", "read", "show_file"),
    ("GET", r"/commits", "contents", "read", "list_commits"),
    ("GET", r"/commits/([^/]+)", "contents", "read", "show_commit"),
    ("GET", r"/compare/(.+)\.\.\.(.+)", "contents", "read", "compare"),
    ("GET", r"/deployments", "deployments", "read", "list_deployments"),
    ("GET", r"/deployments/(\d+)/statuses", "deployments", "read", "list_statuses"),
    ("GET", r"/actions/workflows", "actions", "read", "list_workflows"),
    ("POST", r"/actions/workflows/([^/]+)/dispatches", "actions", "write", "dispatch"),
    ("GET", r"/actions/workflows/([^/]+)/runs", "actions", "read", "list_runs"),
    ("GET", r"/actions/runs", "actions", "read", "list_runs"),
    ("GET", r"/actions/runs/(\d+)", "actions", "read", "show_run"),
    ("GET", r"/actions/runs/(\d+)/jobs", "actions", "read", "list_jobs"),
    ("POST", r"/actions/runs/(\d+)/cancel", "actions", "write", "cancel"),
    ("GET", r"/pulls", "pull-requests", "read", "list_pulls"),
    ("POST", r"/pulls", "pull-requests", "write", "open_pull"),
    ("GET", r"/pulls/(\d+)", "pull-requests", "read", "show_pull"),
    ("GET", r"/pulls/(\d+)/reviews/(\d+)/comments", "pull-requests", "read", "list_review_comments"),
    ("PATCH", r"/pulls/(\d+)", "pull-requests", "write", "change_pull"),
]


@contextmanager
def open_github(folder: Path) -> Iterator[Hub]:
    """A GitHub that answers on the loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    server.hub = Hub(folder, f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.hub  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


class Door(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.hub: Hub = self.server.hub  # type: ignore[attr-defined]
        address = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            status, headers, body = self._answer(address.path, address.query)
        except Refusal as refusal:
            status, headers, body = _json(refusal.status, {"message": str(refusal)})
            if refusal.status == 401:
                headers["WWW-Authenticate"] = 'Basic realm="GitHub"'
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PATCH = do_GET

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, path: str, query: str) -> tuple[int, dict[str, str], bytes]:
        if path.startswith("/oidc/"):
            return _json(200, self._oidc(path))
        if found := re.fullmatch(rf"/{NAME}(?:\.git)?/(info/refs|git-upload-pack|git-receive-pack)", path):
            headers = {name.lower(): value for name, value in self.headers.items()}
            return self._git(GitRequest(self.command, found[1], query, headers, self.raw))
        for method, pattern, what, level, name in REST:
            if method == self.command and (found := re.fullmatch(re.escape(REPOSITORY) + pattern, path)):
                token = self._token()
                if not token.allows(what, level):
                    raise Refusal(403, "Resource not accessible by integration")
                return _json(*getattr(self, f"_{name}")(*found.groups()))
        raise Refusal(404, "Not Found")

    def _token(self) -> Token:
        kind, _, given = (self.headers.get("authorization") or "").partition(" ")
        if kind.lower() == "basic":
            given = base64.b64decode(given).decode().partition(":")[2]
        if given not in self.hub.tokens:
            raise Refusal(401, "Bad credentials")
        return self.hub.tokens[given]

    def _git(self, request: GitRequest) -> tuple[int, dict[str, str], bytes]:
        try:
            token = self._token()
            if not token.allows("contents", "write" if request.is_push else "read"):
                raise Refusal(403, f"Permission to {NAME}.git denied to {token.login}.")
        except Refusal as refusal:
            self.hub.refused_pushes += [str(refusal)] if request.is_push else []
            raise
        return serve(self.hub.folder, NAME, request, token.login)

    def _oidc(self, path: str) -> dict[str, Any]:
        if path == "/oidc/token":
            job = self._token().job
            if job is None or not self._token().allows("id-token", "write"):
                raise Refusal(403, "Unable to get ACTIONS_ID_TOKEN_REQUEST_URL")
            return {"value": self.hub.issuer.vouch(job, self.query["audience"])}
        if path == "/oidc/.well-known/jwks":
            return self.hub.issuer.keys()
        if path == "/oidc/.well-known/openid-configuration":
            return self.hub.issuer.configuration()
        raise Refusal(404, "Not Found")

    def _body(self) -> dict[str, Any]:
        return json.loads(self.raw or b"{}")

    def _show_repository(self) -> tuple[int, Any]:
        return 200, {"full_name": NAME, "default_branch": "main", "private": self.hub.is_private, "html_url": f"{self.hub.url}/{NAME}"}

    def _show_file(self, path: str) -> tuple[int, Any]:
        content = self.hub.read(self.query.get("ref", "main"), path)
        if content is None:
            raise Refusal(404, "Not Found")
        return 200, {"path": path, "encoding": "base64", "content": base64.b64encode(content).decode(), "size": len(content)}

    def _list_commits(self) -> tuple[int, Any]:
        return _found(commits.list_commits(self.hub.repository, self.hub.page, self.query, branch="main"))

    def _show_commit(self, ref: str) -> tuple[int, Any]:
        return _found(commits.show_commit(self.hub.repository, self.hub.page, ref))

    def _compare(self, base: str, head: str) -> tuple[int, Any]:
        return _found(commits.compare(self.hub.repository, self.hub.page, base, head, self.query))

    def _list_deployments(self) -> tuple[int, Any]:
        return 200, [deployment for deployment, _ in self.hub.deployments.values()][::-1] if self.query.get("page", "1") == "1" else []

    def _list_statuses(self, number: str) -> tuple[int, Any]:
        if int(number) not in self.hub.deployments:
            raise Refusal(404, "Not Found")
        return 200, self.hub.deployments[int(number)][1][::-1] if self.query.get("page", "1") == "1" else []

    def _list_workflows(self) -> tuple[int, Any]:
        paths = git(self.hub.repository, "ls-tree", "--name-only", "main", ".github/workflows/").splitlines()
        found = [{"id": number, "name": path, "path": path, "state": "active"} for number, path in enumerate(paths, 1)]
        return 200, {"total_count": len(found), "workflows": found}

    def _dispatch(self, file: str) -> tuple[int, Any]:
        asked = self._body()
        run = self.hub.new_run(file, asked["ref"], asked.get("inputs") or {})
        start(self.hub, run)
        shown = self.hub.show_run(run)
        told = {"workflow_run_id": run.id, "run_url": shown["url"], "html_url": shown["html_url"]}
        return (200, told) if asked.get("return_run_details") else (204, None)

    def _list_runs(self, file: str | None = None) -> tuple[int, Any]:
        sha = self.query.get("head_sha")
        runs = [run for run in self.hub.newest_runs() if file in (None, run.file) and sha in (None, run.sha)]
        return 200, {"total_count": len(runs), "workflow_runs": [self.hub.show_run(run) for run in runs]}

    def _show_run(self, number: str) -> tuple[int, Any]:
        if int(number) not in self.hub.runs:
            raise Refusal(404, "Not Found")
        return 200, self.hub.show_run(self.hub.runs[int(number)])

    def _list_jobs(self, number: str) -> tuple[int, Any]:
        jobs = [{"id": job.id, "name": job.name, "conclusion": job.conclusion} for job in self.hub.runs[int(number)].jobs.values()]
        return 200, {"total_count": len(jobs), "jobs": jobs}

    def _cancel(self, number: str) -> tuple[int, Any]:
        run = self.hub.runs[int(number)]
        if run.over.is_set():
            raise Refusal(409, "Cannot cancel a workflow run that is completed.")
        run.cancelled.set()
        return 202, {}

    def _list_pulls(self) -> tuple[int, Any]:
        if int(self.query.get("page", "1")) > 1:
            return 200, []
        return 200, self.hub.find_pulls(head=self.query.get("head"), base=self.query.get("base"), state=self.query.get("state", "open"))

    def _open_pull(self) -> tuple[int, Any]:
        return 201, self.hub.open_pull(self._token(), self._body())

    def _show_pull(self, number: str) -> tuple[int, Any]:
        found = [pull for pull in self.hub.find_pulls(state="all") if pull["number"] == int(number)]
        if not found:
            raise Refusal(404, "Not Found")
        return 200, found[0]

    def _list_review_comments(self, _number: str, _review: str) -> tuple[int, Any]:
        return 200, []  # nobody here says anything at single lines

    def _change_pull(self, number: str) -> tuple[int, Any]:
        _, pull = self._show_pull(number)
        pull.update({name: value for name, value in self._body().items() if name in {"title", "body", "state"}})
        return 200, pull


def _found(answer: Any) -> tuple[int, Any]:
    if answer is None:
        raise Refusal(404, "Not Found")
    return 200, answer


def _json(status: int, body: Any) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, b"" if body is None else json.dumps(body).encode()
