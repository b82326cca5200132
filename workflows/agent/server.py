"""The runner's side of the protocol: one method per call, and what each answer means for the runner.

No call repeats itself: `web.insist` is the one way to repeat a call until the server takes it.
"""

import base64
import json
import platform
import re
import secrets
import socket
import urllib.parse
from typing import Any

from agent import VERSION
from agent.identity import Identity, NoIdentityError
from agent.settings import Settings
from agent.web import StatusError, call

STALE = frozenset({409})
OTHERS_ARE_AT_IT = {"another_job"}  # what a 403 says to a job that was started beside the one that acts for the run
TOKEN_IS_DEAD = frozenset({401, 403, 404, 409, 410})  # a run token ends with its run: all of these say "you no longer act for it"

NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")  # an escaped NUL, not an escaped backslash before "u0000"

Json = dict[str, Any]


class StaleClaimError(Exception):
    """This runner no longer acts for the run: it was cancelled, finished, or claimed anew."""


class RefusedError(Exception):
    """The server does not take what it was sent, and would not take it a second time."""


class MissingError(RefusedError):
    """The server has no such thing."""


class Server:
    """The control plane, seen from one claim. Safe to call from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.identity = Identity(settings)
        self.run_token = ""
        self._nonce = secrets.token_urlsafe(24)  # the same job asks with the same: an answer that got lost is given again

    def claim(self) -> Json:
        """Takes the run and answers the brief. Raises `StaleClaimError` where someone else has it or it is over."""
        runner = {"version": VERSION, "python": platform.python_version(), "host": socket.gethostname()}
        if github := self.settings.github:
            runner |= {"github_run_id": github.run_id, "github_run_attempt": github.run_attempt}
        answer = self._call("POST", "claim", {"runner": runner, "nonce": self._nonce}, self._bearer())
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

    def send_artifact(self, name: str, media_type: str, content: bytes) -> Json:
        """Keeps a file with the run; the same name again replaces it."""
        told = {"name": name, "media_type": media_type, "content": base64.b64encode(content).decode()}
        return self._call("POST", "artifacts", told, self.run_token)

    def ask_logs(self, query: str, params: dict[str, str]) -> Json:
        """What a named query finds in production's logs."""
        return self._request("GET", f"logs/{query}?{urllib.parse.urlencode(params)}", None, self.run_token)

    def hand_in(self, result: Json) -> Json:
        """Ends the run with `result`; answers the outcome the server gave it and its verdict on the patch."""
        return self._call("POST", "result", result, self.run_token)

    def fetch_patch(self) -> Json:
        """The server's verdict on the run's patch and, where it is accepted, the patch."""
        return self._request("GET", f"patch?generation={self.settings.generation}", None, self._bearer())

    def report_published(self, published: Json) -> Json:
        """Tells the server which branch now holds the patch."""
        return self._call("POST", "published", published, self._bearer())

    def report_unpublished(self, reason: str) -> Json:
        """Tells the server, and so the people who wait for it, that the patch will not come to a branch by itself."""
        return self._call("POST", "unpublished", {"reason": reason}, self._bearer())

    def _bearer(self) -> str:
        try:
            return self.identity.bearer()
        except NoIdentityError as error:
            raise RefusedError(str(error)) from error

    def _call(self, method: str, what: str, body: Json, token: str) -> Json:
        return self._request(method, what, encoded({"generation": self.settings.generation, **body}), token)

    def _request(self, method: str, what: str, body: bytes | None, token: str) -> Json:
        url = f"{self.settings.api_url}/api/runs/{self.settings.run_id}/{what}"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
        try:
            return call(method, url, headers=headers, body=body)
        except StatusError as error:
            raise _meaning(error, TOKEN_IS_DEAD if token == self.run_token else STALE) from error


def _meaning(error: StatusError, over: frozenset[int]) -> Exception:
    if error.status in over or error.facts.get("code") in OTHERS_ARE_AT_IT:
        return StaleClaimError(str(error))
    return MissingError(error.said) if error.status == 404 else RefusedError(str(error))


def encoded(body: Json) -> bytes:
    """`body` as JSON that every database takes: neither NUL nor halves of characters."""
    return NUL.sub(rb"\1\\ufffd", json.dumps(body, ensure_ascii=False).encode(errors="replace"))
