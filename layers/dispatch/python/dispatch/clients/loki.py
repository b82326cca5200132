"""Loki's HTTP API, as far as we use it: lines of a window, counts at a moment, counts over time. It writes nothing there.

Whoever answers is not trusted: an answer has a deadline and a size, and one that is not what Loki documents is refused whole.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal, TypeVar

from dispatch.kit.errors import BadInput, TooMany, Unavailable
from dispatch.kit.settings import settings
from dispatch.kit.visible import visible

PATIENCE_S = 12.0  # for all that one question asks: whoever waits for us waits less than twice as long
CONNECT_S = 4.0
MOST_BYTES = 8 * 1024 * 1024  # of one answer
MOST_SAID = 2000  # bytes of a refusal that are read

T = TypeVar("T")


class NotConnected(Unavailable):
    """Dispatch is not connected to the application's logs: LOKI_URL and LOKI_SELECTOR say where they are."""


class LokiSilent(Unavailable):
    """Loki does not answer. Try again soon."""


class LokiGarbled(Unavailable):
    """What answers at LOKI_URL does not speak as Loki does."""


class LokiLocked(Unavailable):
    """Loki does not let Dispatch in: check LOKI_TOKEN, or LOKI_USER and LOKI_PASSWORD, and LOKI_TENANT."""


class LokiRefused(BadInput):
    """Loki refuses this query."""


class TooMuch(BadInput):
    """That is more of the logs than can be read at once. Ask about less time, or name a source."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line, and the labels of its stream; where its fields were read, those too."""

    at: datetime
    line: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many lines there were with these labels, at each moment that was asked about."""

    labels: Mapping[str, str]
    points: list[tuple[datetime, float]]


def is_connected() -> bool:
    """Whether the settings say where the logs are."""
    return bool(settings().loki_url and settings().loki_selector)


def read_lines(
    query: str, since: datetime, until: datetime, *, limit: int, deadline: float, order: Literal["backward", "forward"] = "backward"
) -> list[Entry]:
    """At most `limit` lines of the window, the newest first; with `forward`, the oldest. `deadline` is of the monotonic clock.

    Raises NotConnected, LokiSilent, LokiGarbled, LokiLocked, LokiRefused, TooMuch and TooMany, as all of these do.
    """
    asked = {"query": query, "start": _nanoseconds(since), "end": _nanoseconds(until), "limit": str(limit), "direction": order}
    found = _read("query_range", asked, deadline, lambda data: _entries(_of_type(data, "streams")))
    return sorted(found, key=lambda entry: entry.at, reverse=order == "backward")[:limit]


def count_at(query: str, at: datetime, *, deadline: float) -> list[Counted]:
    """What the query counts at the moment."""
    asked = {"query": query, "time": _nanoseconds(at)}
    return _read("query", asked, deadline, lambda data: [_counted(one, [one["value"]]) for one in _of_type(data, "vector")])


def count_over(query: str, since: datetime, until: datetime, *, step: timedelta, deadline: float) -> list[Counted]:
    """What the query counts at every step of the window."""
    seconds = f"{max(1, round(step.total_seconds()))}s"
    asked = {"query": query, "start": _nanoseconds(since), "end": _nanoseconds(until), "step": seconds}
    return _read("query_range", asked, deadline, lambda data: [_counted(one, one["values"]) for one in _of_type(data, "matrix")])


def _read(what: str, asked: dict[str, str], deadline: float, understand: Callable[[Any], T]) -> T:
    body = _ask(what, asked, deadline)
    try:
        answer = json.loads(body)
        if answer["status"] != "success":
            raise LokiGarbled
        return understand(answer["data"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise LokiGarbled from error


def _ask(what: str, asked: dict[str, str], deadline: float) -> bytes:
    """The answer's bytes, where it says yes in time and in bounds."""
    if not is_connected():
        raise NotConnected
    import httpx2

    left = deadline - time.monotonic()
    if left <= 0:
        raise LokiSilent("Loki takes too long. Ask about less time, or name a source.")
    url = f"{settings().loki_url.rstrip('/')}/loki/api/v1/{what}"
    timeout = httpx2.Timeout(left, connect=min(CONNECT_S, left))
    try:
        with _client().stream("GET", url, params=asked, headers=_headers(), auth=_login(), timeout=timeout) as answer:
            body = _body(answer.iter_raw(), MOST_BYTES if answer.status_code == 200 else MOST_SAID, deadline)
            if answer.status_code != 200:
                raise _refusal(answer.status_code, body)
    except httpx2.TimeoutException as error:
        raise LokiSilent("Loki takes too long. Ask about less time, or name a source.") from error
    except httpx2.RequestError as error:
        raise LokiSilent from error
    if len(body) > MOST_BYTES:
        raise TooMuch
    return body


@cache
def _client() -> Any:
    """One for the process, as reading the certificates takes longer than most answers; no connection is kept: a frozen one is dead."""
    import httpx2  # 160 ms of CPU: only who asks pays for it

    return httpx2.Client(limits=httpx2.Limits(max_keepalive_connections=0))


def _body(pieces: Any, most: int, deadline: float) -> bytes:
    """The pieces as one, until they are too many or come too slowly: an answer that drips has no timeout of its own."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if time.monotonic() > deadline:
            raise LokiSilent("Loki takes too long. Ask about less time, or name a source.")
        if len(held) > most:
            break
    return bytes(held)


def _headers() -> dict[str, str]:
    ours = settings()
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}  # what is packed has no size until it is unpacked
    if ours.loki_tenant:
        headers["X-Scope-OrgID"] = ours.loki_tenant
    if token := ours.loki_token.get_secret_value():
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _login() -> tuple[str, str] | None:
    ours = settings()
    has_login = ours.loki_user and not ours.loki_token.get_secret_value()
    return (ours.loki_user, ours.loki_password.get_secret_value()) if has_login else None


def _refusal(status: int, body: bytes) -> Exception:
    words = " ".join(visible(body.decode(errors="replace")).split())[:300]
    match status:
        case 400 | 422:
            return LokiRefused(f"Loki refuses this query: {words or 'it does not say why'}.")
        case 401 | 403:
            return LokiLocked()
        case 429:
            return TooMany("Loki is asked too much at once. Try again soon.")
        case _ if status >= 500:
            return LokiSilent(f"Loki is in trouble (it answers {status}). Try again soon, or ask about less time.")
        case _:
            return LokiGarbled(f"What answers at LOKI_URL ({status}) does not speak as Loki does.")


def _of_type(data: Any, wanted: str) -> list[Any]:
    if data["resultType"] != wanted or not isinstance(data["result"], list):
        raise LokiGarbled
    return data["result"]  # pyright: ignore[reportUnknownVariableType]


def _entries(streams: list[Any]) -> list[Entry]:
    found: list[Entry] = []
    for stream in streams:
        labels = _labels(stream["stream"])
        found += [Entry(_moment(int(at) / 1e9), _text(line), labels) for at, line, *_ in stream["values"]]
    return found


def _counted(one: Any, points: list[Any]) -> Counted:
    return Counted(_labels(one["metric"]), [(_moment(float(at)), _number(value)) for at, value in points])


def _labels(given: Any) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in given.items()}


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError("that is no text")
    return given


def _number(given: Any) -> float:
    value = float(given)
    if not math.isfinite(value):
        raise ValueError("that is no number of lines")
    return value


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except OSError as error:
        raise ValueError("that is no moment") from error


def _nanoseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1_000_000) * 1000)
