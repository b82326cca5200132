"""Sentry's API on the loopback: what it answers next, and what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Door:
    """Answers by the end of the path; `status`, `body` and `headers` are for every other path."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"{}"
        self.headers: dict[str, str] = {}
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []
        self.url = ""

    def answer(self, path: str) -> bytes:
        found = next((told for end, told in self.answers.items() if path.endswith(end)), None)
        return self.body if found is None else json.dumps(found).encode()


@contextmanager
def open_sentry() -> Iterator[Door]:
    """A Sentry that takes any token."""
    made = Door()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, self.headers["authorization"]))
            body = made.answer(self.path)
            self.send_response(made.status)
            for name, value in {"content-length": str(len(body)), **made.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
