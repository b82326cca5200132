"""API Gateway's `@connections`, spoken thinly: signed POSTs over kept-open connections, side by side.

boto3's client costs about a millisecond of CPU per call and 270 ms to import; a busy run pushes to every watcher many times a second.
"""

import hashlib
import hmac
import http.client
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from queue import Empty, LifoQueue
from typing import Any, cast
from urllib.parse import SplitResult, quote, urlsplit

from dispatch.kit import clock
from dispatch.kit.log import logger
from dispatch.kit.settings import settings

SIDE_BY_SIDE = 16  # more only wait for one another in one process
TIMEOUT_S = 3.0  # whoever published waits for this at most
GONE = 410


@dataclass(frozen=True, slots=True)
class _Keys:
    key_id: str
    secret: str
    session_token: str | None


def is_configured() -> bool:
    """Whether this process knows where sockets are."""
    return settings().sockets_endpoint != ""


def post_all(messages: Mapping[str, Sequence[bytes]]) -> list[str]:
    """Each connection has been sent its messages, in order, different connections side by side; returns those that are gone.

    A message that cannot be delivered for any other reason is lost; the client notices by the next seq.
    """
    if len(messages) <= 1:
        delivered = [_post_in_order(connection, bodies) for connection, bodies in messages.items()]
    else:
        delivered = list(_pool().map(_post_in_order, messages.keys(), messages.values()))
    return [connection for connection, is_open in zip(messages, delivered, strict=True) if not is_open]


def _post_in_order(connection: str, bodies: Sequence[bytes]) -> bool:
    """False where the connection is gone."""
    for body in bodies:
        try:
            status = _post(connection, body)
        except (OSError, http.client.HTTPException) as error:
            logger.warning("push lost", connection=connection, error=type(error).__name__)
            return True
        if status == GONE:
            return False
        if status >= http.client.BAD_REQUEST:
            logger.warning("push refused", connection=connection, status=status)
            return True
    return True


def _post(connection: str, body: bytes) -> int:
    """The answer's status. A kept connection may have been closed at the other end: then a new one is tried, once."""
    try:
        door: http.client.HTTPConnection | None = _idle().get_nowait()
    except Empty:
        door = None
    if door is not None:
        with suppress(ConnectionError, http.client.HTTPException):
            return _exchange(door, connection, body)
    return _exchange(_open(), connection, body)


def _exchange(door: http.client.HTTPConnection, connection: str, body: bytes) -> int:
    path = f"{_endpoint().path.rstrip('/')}/@connections/{quote(connection, safe='')}"
    try:
        door.request("POST", path, body=body, headers=_signed_headers(path, body, clock.now()))
        answer = door.getresponse()
        answer.read()
    except BaseException:
        door.close()
        raise
    _idle().put(door)
    return answer.status


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


def _open() -> http.client.HTTPConnection:
    where = _endpoint()
    door = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    return door(where.hostname or "localhost", where.port, timeout=TIMEOUT_S)


def _idle() -> "LifoQueue[http.client.HTTPConnection]":
    return _idle_at(settings().sockets_endpoint)


@cache
def _idle_at(_address: str) -> "LifoQueue[http.client.HTTPConnection]":
    return LifoQueue()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="push")
