"""A loopback control plane for one run: it speaks the runner's protocol, keeps what it was sent, and misbehaves when a test wants it to."""

import base64
import json
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RUN = "0192ab34-0000-7000-8000-000000000001"
RUN_TOKEN = "token-of-this-run"
MACHINE_KEY = "machine-key-of-the-job"
ID_TOKEN_REQUEST = "what-github-lets-the-job-ask-with"
AS_JOB = {"claim", "patch", "published", "unpublished"}  # calls that a run token cannot make
SCHEMA = {
    "type": "object",
    "properties": {
        "outcome": {"enum": ["completed", "investigation_complete", "blocked", "failed"]},
        "summary": {"type": "string"},
        "report": {"type": ["string", "null"]},
    },
    "required": ["outcome", "summary"],
}


def brief(**changes: Any) -> dict[str, Any]:
    """A brief for a run that only reads, with `changes`."""
    plain = {"prompt": "Look into it.", "system": "You work for Dispatch.", "model": "claude-opus-5-5", "result_schema": SCHEMA}
    limits = {"tools": ["Read", "Grep", "Glob"], "writes_code": False, "cap_usd": 25.0, "time_limit_s": 60}
    return plain | limits | changes


class ControlPlane:
    """Serves one claim of one run on a free port.

    Knobs: `answers` maps a call ("claim", "events", "heartbeat", "result") to a status it answers instead of 200, and `code` says why; `lose` are calls whose work
    is done but whose answer is lost, once each; `refuse` are calls that are answered with 422, once each; `orders` are the answers to the next heartbeats; `is_away` refuses every connection's request.
    `vouched` are the tokens that it gave out as GitHub would, each good for `vouch_s`, with their audiences; only the newest is taken.
    `is_cancelled`: the run has ended, and no call but a heartbeat is taken; `waits` is what the events' answer says; `on_quiet` is called with the last heartbeat.
    """

    def __init__(self, told: dict[str, Any] | None = None) -> None:
        self.told = told or brief()
        self.answers: dict[str, int] = {}
        self.code = "no"
        self.lose: list[str] = []
        self.refuse: list[str] = []
        self.orders: list[dict[str, Any]] = []
        self.is_away = self.is_cancelled = self.waits = False
        self.heartbeat_s = 0.2
        self.on_quiet: Callable[[], None] = lambda: None
        self.vouch_s = 300
        self.vouched: list[tuple[str, str]] = []
        self.events: dict[int, dict[str, Any]] = {}
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.result: dict[str, Any] | None = None
        self.artifacts: dict[str, dict[str, Any]] = {}
        self.published: dict[str, Any] | None = None
        self.unpublished: list[str] = []
        self.patch: dict[str, Any] = {"verdict": "missing"}
        self.logs: tuple[int, dict[str, Any]] = (503, {"detail": "Dispatch is not connected to the application's logs."})
        self.asked: list[str] = []  # of the logs: query and parameters
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "ControlPlane":
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_down()

    def go_down(self) -> None:
        """Nobody listens on its port."""
        self.server.shutdown()
        self.server.server_close()

    def come_back(self) -> None:
        """Another process of it serves what was kept, on the same port."""
        self.server = ThreadingHTTPServer(("127.0.0.1", self.server.server_port), _handler_for(self))
        self.__enter__()

    def kinds(self) -> list[str]:
        """The kinds of all events, in the order of their numbers."""
        return [self.events[seq]["kind"] for seq in sorted(self.events)]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The data of all events of `kind`, in order."""
        return [self.events[seq]["data"] for seq in sorted(self.events) if self.events[seq]["kind"] == kind]

    def notices(self) -> str:
        """The text of all notices."""
        return "\n".join(data["text"] for data in self.of_kind("notice"))

    def made(self, call: str) -> list[dict[str, Any]]:
        """The bodies of all requests of `call`, answered or not."""
        return [body for name, _, body in self.calls if name == call]

    def wait_for(self, what: Any, timeout_s: float = 20) -> None:
        """Waits until `what()` is true; fails the test otherwise."""
        deadline = time.monotonic() + timeout_s
        while not what():
            assert time.monotonic() < deadline, (
                f"it never happened; events so far: {self.kinds()}, calls: {[call for call, _, _ in self.calls][-20:]}"
            )
            time.sleep(0.02)

    def status_of(self, call: str, authorization: str) -> int:
        """The status that `call` is answered with."""
        if authorization.removeprefix("Bearer ") != self._wanted_for(call):
            return 401
        if call in self.refuse:
            self.refuse.remove(call)
            return 422
        if self.is_cancelled and call in {"events", "result"}:
            return 409
        return self.answers.get(call, 200)

    def id_token_settings(self) -> dict[str, str]:
        """What GitHub's environment says to a job that may ask for its identity."""
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/idtoken?api-version=2.0", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ID_TOKEN_REQUEST}

    def _directives(self, *, quiet: bool) -> dict[str, Any]:
        if quiet:
            self.on_quiet()
        if self.is_cancelled:
            return {"directive": "cancel", "say": []}
        return self.orders.pop(0) if self.orders else {"directive": "continue", "say": []}

    def _wanted_for(self, call: str) -> str:
        if call == "idtoken":
            return ID_TOKEN_REQUEST
        if call not in AS_JOB:
            return RUN_TOKEN
        return self.vouched[-1][0] if self.vouched else MACHINE_KEY

    def _vouch(self, query: str) -> dict[str, Any]:
        claims = {"iat": 1_000_000, "exp": 1_000_000 + self.vouch_s, "number": len(self.vouched)}
        token = f"head.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.sign"
        self.vouched.append((token, urllib.parse.parse_qs(query)["audience"][0]))
        return {"value": token}

    def take(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the real control plane would do and answer."""
        if call == "claim":
            run = {
                "run_token": RUN_TOKEN,
                "run": RUN,
                "generation": body["generation"],
                "issue": "DISPATCH-1",
                "workflow": "prd-investigate",
            }
            return run | {"brief": self.told, "branch": "dispatch/dispatch-1-0192ab34", "heartbeat_s": self.heartbeat_s}
        if call == "events":
            for event in body["events"]:
                self.events.setdefault(event["seq"], event)
            return {"newest": max(self.events), "waits": self.waits}
        if call == "heartbeat":
            return self._directives(quiet=body.get("quiet", False))
        if call == "artifacts":
            self.artifacts[body["name"]] = body
            return {"id": RUN, "name": body["name"], "media_type": body["media_type"], "size": len(body["content"])}
        if call == "result":
            self.result = self.result or body
            return {"outcome": body["outcome"], "patch": {"verdict": "accepted", "reasons": []} if body["patch"] else None}
        if call == "published":
            self.published = body
            return {}
        if call == "unpublished":
            self.unpublished.append(body["reason"])
            return {}
        return self.patch


def _handler_for(plane: ControlPlane) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            self._serve({})

        def _serve(self, body: dict[str, Any]) -> None:
            call = self.path.rsplit("/", 1)[-1].split("?")[0]
            plane.calls.append((call, self.headers["Authorization"], body))
            if plane.is_away:
                return self.connection.shutdown(socket.SHUT_RDWR)
            if f"/runs/{RUN}/logs/" in self.path and self.headers["Authorization"] == f"Bearer {RUN_TOKEN}":
                plane.asked.append(self.path.partition("/logs/")[2])
                return self._send(*plane.logs)
            status = plane.status_of(call, self.headers["Authorization"])
            if status != 200:
                return self._send(status, {"code": "stale_claim" if status == 409 else plane.code, "detail": "as the test wants it"})
            answer = plane._vouch(self.path.partition("?")[2]) if call == "idtoken" else plane.take(call, body)
            if call in plane.lose:
                plane.lose.remove(call)
                return self.connection.shutdown(socket.SHUT_RDWR)
            return self._send(200, answer)

        def _send(self, status: int, body: dict[str, Any]) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler
