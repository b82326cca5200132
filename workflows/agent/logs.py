"""The way from the agent to production's logs: a command in its path, and a door on loopback that asks the server for it.

The run's token is put on here; the agent never has it, and the door leads to named queries of the run's own and to nothing else.
"""

import contextlib
import hmac
import json
import re
import secrets
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from agent import logs_command
from agent.server import RefusedError, StaleClaimError
from agent.web import UnreachableError

QUERY = re.compile(r"/([a-z]{1,20})")

Ask = Callable[[str, dict[str, str]], dict[str, Any]]


class LogDoor:
    """Serves one agent until `close`, by the program that it puts at `command`."""

    def __init__(self, ask: Ask, command: Path) -> None:
        self.ask, self.command = ask, command
        self.token = secrets.token_urlsafe(24)  # good at this door, and nowhere else
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Door", (_Door,), {"logs": self}))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.1,), name="logs", daemon=True).start()
        self._put_command()

    def close(self) -> None:
        """No further question."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str) -> dict[str, Any]:
        """What the server says to the question in `path`; why it says nothing, under `refused`."""
        url = urlsplit(path)
        if not (query := QUERY.fullmatch(url.path)):
            return {"refused": "There is no such query."}
        try:
            return self.ask(query[1], dict(parse_qsl(url.query, keep_blank_values=True)))
        except StaleClaimError:
            return {"refused": "The run is over."}
        except (RefusedError, UnreachableError) as error:
            return {"refused": _sentence(str(error))}

    def _put_command(self) -> None:
        self.command.parent.mkdir(parents=True, exist_ok=True)
        access = {"address": f"http://127.0.0.1:{self.server.server_port}", "token": self.token}
        self.command.with_name("logs.json").write_text(json.dumps(access))
        program = self.command.with_name("logs.py")
        program.write_bytes(Path(logs_command.__file__).read_bytes())
        # By the runner's Python, and apart from what a repository calls a module of the standard library.
        self.command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{program}" "$@"\n')
        self.command.chmod(0o700)


class _Door(BaseHTTPRequestHandler):
    """One question. The door that it belongs to is set by a class of its own."""

    logs: LogDoor

    def do_GET(self) -> None:
        presented = self.headers.get("Authorization") or ""
        if not hmac.compare_digest(presented.encode(), f"Bearer {self.logs.token}".encode()):
            return self._send(401, {"refused": "This is not the agent."})
        return self._send(200, self.logs.answer(self.path))

    def _send(self, status: int, body: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: ARG002
        return


def _sentence(refusal: str) -> str:
    """The server's own words, where the refusal is its."""
    try:
        return str(json.loads(refusal.partition(": ")[2])["detail"])
    except (ValueError, KeyError, TypeError):
        return refusal
