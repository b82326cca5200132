"""The WebSocket API door: $connect, $default and $disconnect events in, `@connections` calls out.

API Gateway's limits are kept: messages of 128 KB in frames of 32 KB, 10 minutes idle, 2 hours in all.
"""

import asyncio
import json
import logging
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from infra.laptop.doors.invoking import Event, Invoker

logger = logging.getLogger("dispatch.laptop")

MOST_MESSAGE = 128 * 1024
MOST_FRAME = 32 * 1024
IDLE_S = 10 * 60.0
LIFE_S = 2 * 60 * 60.0
TOO_LARGE = 1009
GOING_AWAY = 1001
ABNORMAL = 1006


@dataclass(eq=False)
class Connection:
    """One open socket and what `@connections` tells about it."""

    id: str
    socket: WebSocket
    connected_at: float = field(default_factory=time.time)
    active_at: float = field(default_factory=time.time)
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)


class SocketsDoor:
    """All open connections of this laptop, and the function that hears of them."""

    def __init__(self, invoker: Invoker, *, stage: str, idle_s: float = IDLE_S, life_s: float = LIFE_S) -> None:
        self._invoker = invoker
        self._stage = stage
        self._idle_s = idle_s
        self._life_s = life_s
        self._open: dict[str, Connection] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The life of one socket."""
        socket = WebSocket(scope, receive, send)
        connection = Connection(f"{secrets.token_urlsafe(11)}=", socket)  # ends in `=`: whoever puts it in a URL has to quote it
        if await self._admit(connection):
            code = ABNORMAL
            try:
                code = await self._listen(connection)
            finally:
                self._open.pop(connection.id, None)
                await asyncio.shield(self._part(connection, code))

    async def connections(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The `@connections` API: POST a message, GET what is known, DELETE to hang up; 410 for who is gone."""
        request = Request(scope, receive)
        response = await self._answer(request, scope["path"].rpartition("/@connections/")[2])
        await response(scope, receive, send)

    async def _admit(self, connection: Connection) -> bool:
        """Whether the handler took the connection; one that it refuses sees the handler's status."""
        socket = connection.socket
        await socket.receive()
        try:
            answer = await self._invoker.call_soon(self._event(connection, "CONNECT"))
            status = int(answer.get("statusCode", 200)) if isinstance(answer, Mapping) else 200
        except Exception:  # a door answers, whatever the handler did
            logger.exception("sockets failed at $connect")
            status, answer = 500, {}
        if not 200 <= status < 300:
            body = answer.get("body") or '{"message": "Forbidden"}' if status < 500 else '{"message": "Internal server error"}'
            await socket.send_denial_response(Response(body, status_code=status, media_type="application/json"))
            return False
        wanted = {str(name).lower(): value for name, value in (answer.get("headers") or {}).items()} if isinstance(answer, Mapping) else {}
        await socket.accept(subprotocol=wanted.get("sec-websocket-protocol"))
        self._open[connection.id] = connection
        return True

    async def _listen(self, connection: Connection) -> int:
        """Hands every message to the handler, in order, until the socket ends; the code it ended with."""
        while True:
            try:
                text = await asyncio.wait_for(connection.socket.receive_text(), self._patience(connection))
            except TimeoutError:
                if self._patience(connection) > 0:  # something was sent to it meanwhile
                    continue
                await _hang_up(connection, GOING_AWAY)
                return GOING_AWAY
            except WebSocketDisconnect as parting:
                return parting.code
            except (KeyError, RuntimeError):  # bytes, or closed by us a moment ago
                await _hang_up(connection, 1003)
                return 1003
            connection.active_at = time.time()
            await self._hand_over(connection, text)

    def _patience(self, connection: Connection) -> float:
        """Seconds until the connection is idle or old."""
        return min(connection.active_at + self._idle_s, connection.connected_at + self._life_s) - time.time()

    async def _hand_over(self, connection: Connection, text: str) -> None:
        event: Event = self._event(connection, "MESSAGE") | {"body": text}
        try:
            await self._invoker.call_soon(event)
        except Exception:  # a door answers, whatever the handler did
            logger.exception("sockets failed at $default")
            context = event["requestContext"]
            said = {"message": "Internal server error", "connectionId": connection.id, "requestId": context["requestId"]}
            await _send(connection, json.dumps(said).encode())

    async def _part(self, connection: Connection, code: int) -> None:
        event = self._event(connection, "DISCONNECT")
        event["requestContext"] |= {"disconnectStatusCode": code, "disconnectReason": ""}
        try:
            await self._invoker.call_soon(event)
        except Exception:  # nobody is left to answer
            logger.exception("sockets failed at $disconnect")

    def _event(self, connection: Connection, kind: str) -> Event:
        socket = connection.socket
        headers = {"CONNECT": dict(socket.headers), "DISCONNECT": {"host": socket.headers.get("host", "")}}.get(kind)
        event: Event = {"requestContext": self._context(connection, kind), "isBase64Encoded": False}
        if headers is not None:
            event |= {"headers": headers, "multiValueHeaders": {name: [value] for name, value in headers.items()}}
        query = parse_qs(socket.url.query, keep_blank_values=True)
        if kind == "CONNECT" and query:
            event["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
            event["multiValueQueryStringParameters"] = query
        return event

    def _context(self, connection: Connection, kind: str) -> Event:
        now = time.time()
        return {
            "routeKey": "$default" if kind == "MESSAGE" else f"${kind.lower()}",
            "eventType": kind,
            "connectionId": connection.id,
            "connectedAt": int(connection.connected_at * 1000),
            "domainName": connection.socket.headers.get("host", "localhost"),
            "stage": self._stage,
            "apiId": "laptop",
            "requestId": uuid.uuid4().hex,
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "requestTimeEpoch": int(now * 1000),
            "messageDirection": "IN",
            "identity": _identity(connection),
        } | ({"messageId": uuid.uuid4().hex} if kind == "MESSAGE" else {})

    async def _answer(self, request: Request, connection_id: str) -> Response:
        if not request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256"):
            return _refusal(403, "MissingAuthenticationTokenException")  # no web page can send this header here
        connection = self._open.get(connection_id)
        if connection is None:
            return _refusal(410, "GoneException")
        if request.method == "GET":
            return JSONResponse(_known(connection))
        if request.method == "DELETE":
            await _hang_up(connection, 1000)
            return Response(status_code=204)
        body = await request.body()
        if len(body) > MOST_MESSAGE:
            return _refusal(413, "PayloadTooLargeException")
        return Response() if await _send(connection, body) else _refusal(410, "GoneException")


class FramedProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket protocol, which also ends a connection over a frame that API Gateway would not take."""

    def handle_text(self, event: Frame) -> None:
        if self._fits(event):
            super().handle_text(event)

    def handle_cont(self, event: Frame) -> None:
        if self._fits(event):
            super().handle_cont(event)

    def _fits(self, event: Frame) -> bool:
        if len(event.data) <= MOST_FRAME:
            return True
        self.conn.send_close(TOO_LARGE, "a frame has at most 32 KB")
        self.handle_parser_exception()
        return False


async def _send(connection: Connection, body: bytes) -> bool:
    """Whether the message went out whole, in the order of the calls."""
    try:
        async with connection.sending:
            await connection.socket.send_text(body.decode(errors="replace"))
    except (RuntimeError, WebSocketDisconnect, OSError):
        return False
    connection.active_at = time.time()
    return True


async def _hang_up(connection: Connection, code: int) -> None:
    try:
        await connection.socket.close(code)
    except (RuntimeError, WebSocketDisconnect, OSError):
        return


def _known(connection: Connection) -> Event:
    moments = {"connectedAt": connection.connected_at, "lastActiveAt": connection.active_at}
    return {name: _iso(moment) for name, moment in moments.items()} | {"identity": _identity(connection)}


def _identity(connection: Connection) -> dict[str, Any]:
    socket = connection.socket
    return {"sourceIp": socket.client.host if socket.client else "127.0.0.1", "userAgent": socket.headers.get("user-agent", "")}


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _refusal(status: int, error: str) -> Response:
    return JSONResponse({"message": error}, status_code=status, headers={"x-amzn-ErrorType": error})
