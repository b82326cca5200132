"""One HTTP call, and the one way to repeat it. Knows nothing of who is called; what an answer means is its callers' business."""

import http.client
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from email.message import Message
from typing import Any, TypeVar

TIMEOUT_S = 20
LONGEST_WAIT_S = 15.0
WORTH_ANOTHER_TRY = {408, 425, 429}
MOST_SAID = 16 * 1024  # bytes of a refusal that are read

Answer = TypeVar("Answer")


class UnreachableError(Exception):
    """The other side cannot be reached, or is in trouble itself. `wait_s` is how long it asks to be left alone."""

    wait_s = 0.0


class StatusError(Exception):
    """The other side says no: its status, its words and its headers."""

    def __init__(self, status: int, said: str, headers: Message) -> None:
        super().__init__(f"{status}: {said}")
        self.status, self.said, self.headers = status, said, headers

    @property
    def facts(self) -> dict[str, Any]:
        """The refusal's JSON object; empty where it is none."""
        try:
            found = json.loads(self.said)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A key is shown to the address it was meant for, and to no other."""


OPENER = urllib.request.build_opener(_NoRedirects)


def call(method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Any:
    """What the answer's JSON says. Raises `StatusError` for a no, `UnreachableError` where another try may go better."""
    request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310  (addresses are the job's own settings)
    try:
        with OPENER.open(request, timeout=TIMEOUT_S) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        raise _meaning(error) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UnreachableError(str(error)) from error


def insist(ask: Callable[[], Answer], *, patience_s: float, given_up: threading.Event | None = None) -> Answer:
    """What `ask` answers, tried again while the other side is away. After `patience_s`, or once `given_up` is set, its last error."""
    deadline, wait = time.monotonic() + patience_s, 0.25
    pause = given_up or threading.Event()
    while True:
        try:
            return ask()
        except UnreachableError as error:
            pause_s = max(wait * random.uniform(0.7, 1.3), error.wait_s)  # noqa: S311  (spreads retries, hides nothing)
            if time.monotonic() + pause_s > deadline or pause.wait(pause_s):
                raise
            wait = min(wait * 2, LONGEST_WAIT_S)


def _meaning(error: urllib.error.HTTPError) -> Exception:
    with error:
        said = error.read(MOST_SAID).decode(errors="replace")
    if error.code >= 500 or error.code in WORTH_ANOTHER_TRY:
        away = UnreachableError(f"{error.code}: {said}")
        away.wait_s = seconds_to_wait(error.headers)
        return away
    return StatusError(error.code, said, error.headers)


def seconds_to_wait(headers: Message) -> float:
    """What `Retry-After` asks for; 0 where it asks for nothing."""
    asked = headers.get("Retry-After") or ""
    return float(asked) if asked.isdecimal() else 0.0
