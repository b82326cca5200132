"""The way to the model for an agent CLI that does not tell what each of its calls costs: a door of the runner's own, on loopback.

Calls go through one by one. Each is counted, none is begun that the run cannot pay, and the key is put on here: the agent never has it.
"""

import contextlib
import hmac
import http.client
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

SILENCE_S = 900.0  # a model that thinks hard says nothing for minutes
OURS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}  # headers that are not passed on

Data = dict[str, Any]


@dataclass(frozen=True)
class Api:
    """A model's API: where it is, the settings that say otherwise and hold its key, and the header that carries the key.

    `usage_of` answers the tokens of a call that one JSON object of its answer tells, in the runner's language; None where it tells none.
    """

    address: str
    address_setting: str
    key_setting: str
    header: str
    scheme: str
    usage_of: Callable[[Data], Data | None]


class Toll:
    """Serves one agent until `close`. `tell` gets the lines that a call begins and ends with; `admits` says whether one more may begin."""

    def __init__(self, api: Api, access: Mapping[str, str], *, tell: Callable[[Data], None], admits: Callable[[], bool]) -> None:
        self.api, self.tell, self.admits = api, tell, admits
        self.key = access.get(api.key_setting, "")
        self.upstream = urlsplit(access.get(api.address_setting) or api.address)
        self.token = secrets.token_urlsafe(24)  # what the agent holds for a key; good here, and nowhere else
        self.turn = threading.Lock()
        self.calls = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Door", (_Door,), {"toll": self}))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.1,), name="toll", daemon=True).start()

    @property
    def access(self) -> dict[str, str]:
        """The way to the model, as the agent is told it."""
        return {self.api.key_setting: self.token, self.api.address_setting: f"http://127.0.0.1:{self.server.server_port}"}

    def close(self) -> None:
        """No further call."""
        self.server.shutdown()
        self.server.server_close()

    def lets_in(self, presented: str) -> bool:
        """Whether the caller is the agent."""
        return hmac.compare_digest(presented.encode(), f"{self.api.scheme}{self.token}".encode())

    @contextlib.contextmanager
    def call(self) -> Iterator[Callable[[Data], None]]:
        """One call, told from its begin to its end; what it yields takes in every JSON object of the answer."""
        self.calls += 1
        usage: Data = {}
        start = {"id": f"call-{self.calls}", "usage": {"input_tokens": 0}}
        self._tell({"type": "message_start", "message": start})
        try:
            yield lambda said: usage.update(self.api.usage_of(said) or {})
        finally:
            if usage:
                self._tell({"type": "message_delta", "usage": usage})
            self._tell({"type": "message_stop"})

    def forward(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> http.client.HTTPResponse:
        """Asks the API itself. Raises `OSError` and `http.client.HTTPException`."""
        own = OURS | {self.api.header.lower()}
        passed = {name: value for name, value in headers.items() if name.lower() not in own}
        connection = self._connect()
        keyed = passed | {self.api.header: f"{self.api.scheme}{self.key}"}
        connection.request(method, self.upstream.path.rstrip("/") + path, body or None, keyed)
        return connection.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self.upstream.hostname or "", self.upstream.port
        if self.upstream.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=SILENCE_S)
        return http.client.HTTPSConnection(host, port, timeout=SILENCE_S, context=ssl.create_default_context())

    def _tell(self, event: Data) -> None:
        self.tell({"type": "stream_event", "event": event})


class _Door(BaseHTTPRequestHandler):
    """One request of the agent's. The toll that it belongs to is set by a class of its own."""

    toll: Toll

    def do_GET(self) -> None:
        if self._is_welcome():
            self._pass(b"", lambda _: None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._is_welcome():
            return
        with self.toll.turn:  # whether a call can be paid is known only when the one before it has ended
            if not self.toll.admits():
                self._refuse(402, "The run's cap has no room for another call.")
                return
            with self.toll.call() as take:
                self._pass(body, take)

    def _is_welcome(self) -> bool:
        welcome = self.toll.lets_in(self.headers.get(self.toll.api.header) or "")
        if not welcome:
            self._refuse(401, "This is not the agent.")
        return welcome

    def _pass(self, body: bytes, take: Callable[[Data], None]) -> None:
        try:
            answer = self.toll.forward(self.command, self.path, dict(self.headers), body)
        except (OSError, http.client.HTTPException) as error:
            self._refuse(502, f"The model's API cannot be reached: {error}")
            return
        with answer, contextlib.suppress(OSError, http.client.HTTPException):
            self._begin(answer.status, answer.headers.get("Content-Type") or "application/json")
            for piece in _pieces(answer):
                self.wfile.write(piece)
                self.wfile.flush()
                if (said := _said(piece)) is not None:
                    take(said)

    def _refuse(self, status: int, why: str) -> None:
        with contextlib.suppress(OSError):
            self._begin(status, "application/json")
            self.wfile.write(json.dumps({"error": {"code": status, "message": why}}).encode())

    def _begin(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: ARG002
        return


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """The answer, a line at a time where it is a stream of events, else whole."""
    if "event-stream" in (answer.headers.get("Content-Type") or ""):
        yield from iter(answer.readline, b"")
    else:
        yield answer.read()


def _said(piece: bytes) -> Data | None:
    try:
        said = json.loads(piece.removeprefix(b"data:")) if b'"usage' in piece else None
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
