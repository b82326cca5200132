"""The limit of `events`: the laptop's own server and sockets with nothing behind them. What is POSTed goes to every open socket.

Run as `python -m benchmarks.echo PORT`.
"""

import sys

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra.laptop.doors.sockets import MOST_MESSAGE, FramedProtocol

_open: set[WebSocket] = set()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Sockets on any path, POSTs on any path."""
    if scope["type"] == "websocket":
        await _keep(WebSocket(scope, receive, send))
    elif scope["type"] == "http":
        text = (await Request(scope, receive).body()).decode()
        for socket in list(_open):
            await socket.send_text(text)
        await Response()(scope, receive, send)


async def _keep(socket: WebSocket) -> None:
    await socket.accept()
    _open.add(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        _open.discard(socket)


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws=FramedProtocol,
        ws_max_size=MOST_MESSAGE,
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="warning",
    )
