"""The runner's side of the protocol: one method per call, and what each answer means for the runner.

No call repeats itself: `insist` is the one way to repeat a call until the server takes it.
"""

import http.client
import json
import platform
import random
import re
import secrets
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, TypeVar

from agent import VERSION
from agent.settings import Settings

TIMEOUT_S = 20
LONGEST_WAIT_S = 15.0
STALE = frozenset({409})
TOKEN_IS_DEAD = frozenset({401, 403, 404, 409, 410})  # a run token ends with its run: all of these say "you no longer act for it"
WORTH_ANOTHER_TRY = {408, 425, 429}

NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")  # an escaped NUL, not an escaped backslash before "u0000"

Json = dict[str, Any]
Answer = TypeVar("Answer")


class StaleClaimError(Exception):
    """This runner no longer acts for the run: it was cancelled, finished, or claimed anew."""


class RefusedError(Exception):
    """The server does not take what it was sent, and would not take it a second time."""


class MissingError(RefusedError):
    """The server has no such thing."""


class UnreachableError(Exception):
    """The server cannot be reached, or is in trouble itself."""


class Server:
    """The control plane, seen from one claim. Safe to call from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.run_token = ""
        self._nonce = secrets.token_urlsafe(24)  # the same job asks with the same: an answer that got lost is given again

    def claim(self) -> Json:
        """Takes the run and answers the brief. Raises `StaleClaimError` where someone else has it or it is over."""
        runner = {"version": VERSION, "python": platform.python_version(), "host": socket.gethostname()}
        answer = self._call("POST", "claim", {"runner": runner, "nonce": self._nonce}, self.settings.api_key)
        self.run_token = answer["run_token"]
        return answer

    def send_events(self, events: bytes) -> Json:
        """Stores a batch, a JSON array already encoded. Sending one twice changes nothing. Answers whether a heartbeat is waited for."""
        head = f'{{"generation":{self.settings.generation},"events":'.encode()
        return self._request("POST", "events", head + events + b"}", self.run_token)

    def beat(self, metered_usd: float, tool_in_flight: str | None, heard: list[str], *, quiet: bool = False) -> Json:
        """Says that the agent lives, and which messages have reached it; answers what it is to do. `quiet`: nothing of it is left."""
        told = {"metered_usd": metered_usd, "tool_in_flight": tool_in_flight, "heard": heard}
        return self._call("POST", "heartbeat", told | ({"quiet": True} if quiet else {}), self.run_token)

    def hand_in(self, result: Json) -> Json:
        """Ends the run with `result`; answers the outcome the server gave it and its verdict on the patch."""
        return self._call("POST", "result", result, self.run_token)

    def fetch_patch(self) -> Json:
        """The server's verdict on the run's patch and, where it is accepted, the patch."""
        return self._request("GET", f"patch?generation={self.settings.generation}", None, self.settings.api_key)

    def report_published(self, published: Json) -> Json:
        """Tells the server which branch now holds the patch."""
        return self._call("POST", "published", published, self.settings.api_key)

    def report_unpublished(self, reason: str) -> Json:
        """Tells the server, and so the people who wait for it, that the patch will not come to a branch by itself."""
        return self._call("POST", "unpublished", {"reason": reason}, self.settings.api_key)

    def _call(self, method: str, what: str, body: Json, token: str) -> Json:
        return self._request(method, what, encoded({"generation": self.settings.generation, **body}), token)

    def _request(self, method: str, what: str, body: bytes | None, token: str) -> Json:
        over = TOKEN_IS_DEAD if token == self.run_token else STALE
        url = f"{self.settings.api_url}/api/runs/{self.settings.run_id}/{what}"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310  (the address is the job's own setting)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise _meaning(error, over) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UnreachableError(str(error)) from error


def _meaning(error: urllib.error.HTTPError, over: frozenset[int]) -> Exception:
    with error:
        said = error.read(4096).decode(errors="replace")
    if error.code in over:
        return StaleClaimError(f"{error.code}: {said}")
    if error.code >= 500 or error.code in WORTH_ANOTHER_TRY:
        return UnreachableError(f"{error.code}: {said}")
    return MissingError(said) if error.code == 404 else RefusedError(f"{error.code}: {said}")


def encoded(body: Json) -> bytes:
    """`body` as JSON that every database takes: neither NUL nor halves of characters."""
    return NUL.sub(rb"\1\\ufffd", json.dumps(body, ensure_ascii=False).encode(errors="replace"))


def insist(call: Callable[[], Answer], *, patience_s: float, given_up: threading.Event | None = None) -> Answer:
    """What `call` answers, tried again while the server is away. After `patience_s`, or once `given_up` is set, its last error."""
    deadline, wait = time.monotonic() + patience_s, 0.25
    pause = given_up or threading.Event()
    while True:
        try:
            return call()
        except UnreachableError:
            if time.monotonic() + wait > deadline or pause.wait(wait * random.uniform(0.7, 1.3)):  # noqa: S311  (spreads retries, hides nothing)
                raise
            wait = min(wait * 2, LONGEST_WAIT_S)
