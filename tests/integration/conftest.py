"""A small `@connections` on the loopback: where pushes arrive in tests."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest


class Connections:
    """What each socket was sent, in order of arrival; sockets in `gone` answer 410, those in `broken` hang up."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[bytes]] = defaultdict(list)
        self.requests: list[dict[str, str]] = []
        self.gone: set[str] = set()
        self.broken: set[str] = set()
        self.doors: set[tuple[str, int]] = set()
        self.lock = threading.Lock()

    def messages(self, socket: str) -> list[dict[str, Any]]:
        """The socket's messages as a client sees them: pieces joined."""
        pieces: dict[str, dict[int, str]] = defaultdict(dict)
        messages: list[dict[str, Any]] = []
        for body in list(self.bodies[socket]):
            message = json.loads(body)
            if piece := message.get("piece"):
                pieces[piece["id"]][piece["n"]] = piece["text"]
                if len(pieces[piece["id"]]) < piece["of"]:
                    continue
                message = json.loads("".join(text for _, text in sorted(pieces[piece["id"]].items())))
            messages.append(message)
        return messages

    def frames(self, socket: str) -> list[dict[str, Any]]:
        """The socket's frames, whatever messages they came in."""
        return [frame for message in self.messages(socket) for frame in message.get("frames") or [message] if "seq" in frame]


@pytest.fixture
def connections(setting: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connections]:
    """The sockets' other end; `SOCKETS_ENDPOINT` points at it."""
    seen = Connections()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            prefix, _, socket = self.path.rpartition("/")
            socket = unquote(socket)
            with seen.lock:
                seen.doors.add(self.client_address)
                seen.requests.append({"path": self.path} | {name.lower(): value for name, value in self.headers.items()})
                if socket not in seen.gone | seen.broken:
                    seen.bodies[socket].append(body)
            if socket in seen.broken:
                self.close_connection = True
                return
            self.send_response(410 if socket in seen.gone else 200 if prefix.endswith("/@connections") else 404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    setting.setenv("SOCKETS_ENDPOINT", f"http://127.0.0.1:{server.server_port}/live")
    yield seen
    server.shutdown()
    server.server_close()
