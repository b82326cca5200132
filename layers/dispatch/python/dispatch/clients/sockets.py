"""API Gateway's `@connections`, spoken thinly: signed POSTs over kept-open connections, side by side.

boto3's client costs about a millisecond of CPU per call and 270 ms to import, and http.client in threads costs half of that; a busy
run pushes to every watcher many times a second. So one thread keeps several requests under way, and reads their answers in turn.
"""

import hashlib
import hmac
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from queue import Empty, LifoQueue
from typing import Any, cast
from urllib.parse import SplitResult, quote, urlsplit

from dispatch.clients.wire import KeptOpen
from dispatch.kit import clock
from dispatch.kit.log import logger
from dispatch.kit.settings import settings

SIDE_BY_SIDE = 48  # requests under way: 500 watchers within half a second, where each answer takes 30 ms
TIMEOUT_S = 3.0  # whoever published waits for this at most
GONE = 410
REFUSED = 400  # and above


@dataclass(frozen=True, slots=True)
class _Keys:
    key_id: str
    secret: str
    session_token: str | None


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request under way, and the connection that will bring its answer."""

    connection: str
    request: bytes
    door: KeptOpen
    was_kept: bool


def is_configured() -> bool:
    """Whether this process knows where sockets are."""
    return settings().sockets_endpoint != ""


def post_all(messages: Mapping[str, Sequence[bytes]]) -> list[str]:
    """Each connection has been sent its messages, in order, different connections side by side; returns those that are gone.

    A message that cannot be delivered for any other reason is lost, with those after it; the client notices by the next seq.
    """
    deadline = time.monotonic() + TIMEOUT_S
    gone: list[str] = []
    waiting = {connection: list(bodies) for connection, bodies in messages.items() if bodies}
    while waiting:
        delivered = set[str]()
        for connection, status in _exchange_all(((connection, bodies[0]) for connection, bodies in waiting.items()), deadline):
            if status < REFUSED:
                delivered.add(connection)
            elif status == GONE:
                gone.append(connection)
            else:
                logger.warning("push refused", connection=connection, status=status)
        waiting = {connection: rest for connection, bodies in waiting.items() if connection in delivered and (rest := bodies[1:])}
    return gone


def _exchange_all(bodies: Iterable[tuple[str, bytes]], deadline: float) -> Iterator[tuple[str, int]]:
    """The status of each answer that came, in order; several requests are under way at any time."""
    under_way: deque[_Sent] = deque()
    too_late = 0
    for connection, body in bodies:
        if time.monotonic() >= deadline:
            too_late += 1
            continue
        if len(under_way) == SIDE_BY_SIDE:
            yield from _finish(under_way.popleft(), deadline)
        try:
            under_way.append(_begin(connection, _request(connection, body), deadline))
        except OSError as error:
            _tell_lost(connection, error)
    while under_way:
        yield from _finish(under_way.popleft(), deadline)
    if too_late:
        logger.warning("pushes lost", connections=too_late, error="too many for the time")


def _begin(connection: str, request: bytes, deadline: float) -> _Sent:
    """The request is under way. A kept connection may have been closed at the other end: then a new one is tried."""
    with suppress(Empty):
        door = _idle().get_nowait()
        try:
            door.send(request, deadline)
            return _Sent(connection, request, door, was_kept=True)
        except OSError:
            door.close()
    return _begin_afresh(connection, request, deadline)


def _begin_afresh(connection: str, request: bytes, deadline: float) -> _Sent:
    where = _endpoint()
    is_safe = where.scheme == "https"
    door = KeptOpen(where.hostname or "localhost", where.port or (443 if is_safe else 80), is_safe=is_safe, deadline=deadline)
    door.send(request, deadline)
    return _Sent(connection, request, door, was_kept=False)


def _finish(sent: _Sent, deadline: float) -> Iterator[tuple[str, int]]:
    """The connection and the status of its answer; nothing where none came."""
    try:
        status = _read_status(sent, deadline)
    except OSError as error:
        _tell_lost(sent.connection, error)
    else:
        yield sent.connection, status


def _read_status(sent: _Sent, deadline: float) -> int:
    """What the answer says. Asked once more where a kept connection turns out to have been closed before it could answer."""
    try:
        status = sent.door.read_status(deadline)
    except OSError as error:
        sent.door.close()
        if sent.was_kept and isinstance(error, ConnectionError):
            return _read_status(_begin_afresh(sent.connection, sent.request, deadline), deadline)
        raise
    if sent.door.is_open:
        _idle().put(sent.door)
    return status


def _tell_lost(connection: str, error: OSError) -> None:
    logger.warning("push lost", connection=connection, error=type(error).__name__)


def _request(connection: str, body: bytes) -> bytes:
    path = f"{_endpoint().path.rstrip('/')}/@connections/{quote(connection, safe='')}"
    headers = "".join(f"{name}: {value}\r\n" for name, value in _signed_headers(path, body, clock.now()).items())
    return f"POST {path} HTTP/1.1\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body


def _signed_headers(path: str, body: bytes, now: datetime) -> dict[str, str]:
    """AWS Signature Version 4 of one POST."""
    keys, region, stamp = _keys(), _region(), now.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": _endpoint().netloc, "x-amz-date": stamp}
    if keys.session_token:
        headers["x-amz-security-token"] = keys.session_token
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n{quote(path, safe='/~')}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{stamp[:8]}/{region}/execute-api/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(_signing_key(keys.secret, stamp[:8], region), to_sign.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={keys.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    headers["content-type"] = "application/octet-stream"
    return headers


@lru_cache(maxsize=4)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "execute-api", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _keys() -> _Keys:
    """Lambda puts the role's keys into the environment; elsewhere botocore knows where to look."""
    if key_id := os.environ.get("AWS_ACCESS_KEY_ID"):
        return _Keys(key_id, os.environ["AWS_SECRET_ACCESS_KEY"], os.environ.get("AWS_SESSION_TOKEN"))
    frozen = _found_credentials().get_frozen_credentials()
    return _Keys(frozen.access_key, frozen.secret_key, frozen.token)


@cache
def _found_credentials() -> Any:
    from botocore import session  # pyright: ignore[reportMissingTypeStubs]

    found: Any = cast("Any", session).get_session().get_credentials()
    if found is None:
        raise OSError("no AWS credentials to sign a push with")
    return found


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def _endpoint() -> SplitResult:
    return _split(settings().sockets_endpoint)


@cache
def _split(address: str) -> SplitResult:
    return urlsplit(address)


def _idle() -> "LifoQueue[KeptOpen]":
    return _idle_at(settings().sockets_endpoint)


@cache
def _idle_at(_address: str) -> "LifoQueue[KeptOpen]":
    return LifoQueue()
