"""A GitHub on the loopback that answers what a test tells it to, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass
class GitHub:
    """`answers["GET /repos/acme/shop"] = (200, {...})`, a third member for headers, or a function of the request. Else it knows nothing."""

    url: str = ""
    answers: dict[str, Answer | Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, request: Asked) -> Answer:
        self.asked.append(request)
        found = self.answers.get(f"{request.method} {request.path}", (404, {"message": "Not Found"}))
        return found(request) if callable(found) else found

    def calls(self, start: str) -> list[Asked]:
        """What was asked that begins so: `POST /repos/`."""
        return [request for request in self.asked if f"{request.method} {request.path}".startswith(start)]


@contextmanager
def open_github() -> Iterator[GitHub]:
    """A GitHub at `.url`."""
    github = GitHub()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body, *more = github.answer(
                Asked(self.command, url.path, dict(parse_qsl(url.query)), headers, json.loads(raw) if raw else None)
            )
            content = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    github.url = f"http://127.0.0.1:{server.server_port}"
    yield github
    server.shutdown()
    server.server_close()
