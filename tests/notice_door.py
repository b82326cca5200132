"""Somebody's webhook on the loopback: it answers what a test tells it to, and remembers what it was told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Told:
    """One request."""

    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Receiver:
    """`answers` are given one after the other, the last of them for ever: a status and headers. `meanwhile` is done before."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(204, {})])
    told: list[Told] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def answer(self, told: Told) -> tuple[int, dict[str, str]]:
        self.told.append(told)
        self.meanwhile()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.told]


@contextmanager
def open_receiver() -> Iterator[Receiver]:
    """A receiver at `.url`."""
    receiver = Receiver()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            status, headers = receiver.answer(Told(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    receiver.url = f"http://127.0.0.1:{server.server_port}/told"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
