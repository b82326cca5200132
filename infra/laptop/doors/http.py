"""The HTTP API door: a request becomes an API Gateway event (payload format 2.0), the handler's answer a response.

API Gateway's limits are kept: 10 MB in, 6 MB out, 30 seconds.
"""

import base64
import binascii
import json
import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from infra.laptop.doors.invoking import Event, Invoker
from infra.wiring import Http

logger = logging.getLogger("dispatch.laptop")

MOST_IN = 10 * 1024 * 1024
MOST_OUT = 6 * 1024 * 1024  # what Lambda may answer
TEXTS = ("text/", "application/json", "application/xml", "application/javascript", "application/x-ndjson")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length"}


class HttpDoor:
    """Which function a path belongs to, and the way there and back."""

    def __init__(self, invokers: Sequence[Invoker]) -> None:
        routes = [
            (path, invoker) for invoker in invokers for wake in invoker.function.wakes if isinstance(wake, Http) for path in wake.paths
        ]
        self._routes = sorted(routes, key=lambda route: len(route[0]), reverse=True)

    def function_for(self, path: str) -> Invoker | None:
        """The function that answers `path`, or None."""
        return next((invoker for pattern, invoker in self._routes if _matches(pattern, path)), None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        invoker = self.function_for(scope["path"])
        if invoker is None:
            await _problem(404, "Not Found")(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = await _read(request)
        except ClientDisconnect:
            return
        response = _problem(413, "Request Entity Too Large") if body is None else await _invoke(invoker, request, body)
        await response(scope, receive, send)


async def _read(request: Request) -> bytes | None:
    """The body, or None if it is larger than API Gateway takes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MOST_IN:
            chunks.append(chunk)
    return b"".join(chunks) if size <= MOST_IN else None


async def _invoke(invoker: Invoker, request: Request, body: bytes) -> Response:
    event = to_event(request, body)
    try:
        return to_response(await invoker.call_soon(event), event["requestContext"]["requestId"])
    except TimeoutError:
        return _problem(503, "Service Unavailable")
    except Exception:  # a door answers, whatever the handler did
        logger.exception("%s failed at %s %s", invoker.function.name, request.method, request.url.path)
        return _problem(500, "Internal Server Error")


def to_event(request: Request, body: bytes) -> Event:
    """The request as API Gateway's payload format 2.0."""
    headers = _joined(request.headers.items())
    cookies = [part.strip() for part in headers.pop("cookie", "").split(";") if part.strip()]
    source_ip = request.client.host if request.client else "127.0.0.1"
    headers["x-forwarded-for"] = ", ".join(part for part in (headers.get("x-forwarded-for"), source_ip) if part)
    headers.setdefault("x-forwarded-proto", request.url.scheme)
    headers.setdefault("x-forwarded-port", str(request.url.port or 80))
    event: Event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.scope.get("raw_path", b"").decode("latin-1") or request.url.path,
        "rawQueryString": request.url.query,
        "headers": headers,
        "requestContext": _request_context(request, source_ip),
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if request.query_params:
        event["queryStringParameters"] = _joined(request.query_params.multi_items())
    if body:
        event |= _encoded(body, headers.get("content-type", ""))
    return event


def to_response(answer: Any, request_id: str) -> Response:
    """The handler's answer as a response: a dict with `statusCode`, or any JSON value, which means 200."""
    if not (isinstance(answer, Mapping) and "statusCode" in answer):
        answer = {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(answer)}
    body = _decoded(answer.get("body"), is_base64=bool(answer.get("isBase64Encoded")))
    if len(body) > MOST_OUT:
        raise ValueError(f"the answer has {len(body)} bytes; Lambda takes at most {MOST_OUT}")
    response = Response(body, status_code=int(answer["statusCode"]))
    given = {str(name).lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
    for name, value in given.items():
        if name not in HOP_BY_HOP:
            response.headers[name] = value
    for cookie in answer.get("cookies") or ():
        response.headers.append("set-cookie", cookie)
    response.headers["apigw-requestid"] = request_id
    return response


def _request_context(request: Request, source_ip: str) -> Event:
    now = time.time()
    host = request.headers.get("host", "localhost")
    return {
        "accountId": "123456789012",
        "apiId": "laptop",
        "domainName": host.partition(":")[0],
        "domainPrefix": host.partition(".")[0].partition(":")[0],
        "http": {
            "method": request.method,
            "path": request.scope["path"],
            "protocol": f"HTTP/{request.scope.get('http_version', '1.1')}",
            "sourceIp": source_ip,
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": uuid.uuid4().hex,
        "routeKey": "$default",
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Repeated names with their values joined by a comma, as the payload format wants it."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _encoded(body: bytes, content_type: str) -> Event:
    """Text as it is, everything else in base64."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(TEXTS) or kind.endswith(("+json", "+xml")):
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _decoded(body: Any, *, is_base64: bool) -> bytes:
    if body is None:
        return b""
    if not is_base64:
        return str(body).encode()
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("the answer says isBase64Encoded, but is not") from error


def _matches(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("/*") else path.rstrip("/") == pattern


def _problem(status: int, message: str) -> Response:
    return Response(json.dumps({"message": message}), status_code=status, media_type="application/json")
