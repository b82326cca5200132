"""All doors together on one port: which of them a request belongs to, and the server that keeps them open."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.laptop.doors import schedules
from infra.laptop.doors.http import HttpDoor
from infra.laptop.doors.invoking import Invoker
from infra.laptop.doors.queues import Source, Sqs
from infra.laptop.doors.site import Site
from infra.laptop.doors.sockets import MOST_MESSAGE, FramedProtocol, SocketsDoor
from infra.wiring import FUNCTIONS, Function, Http, Queue, Schedule, Socket

HTTP_THREADS = 8  # each may hold a database connection
SOCKET_THREADS = 4
GOODBYE_S = 2  # `dispatch up` promises to be gone within 5


class Doors:
    """The functions of the table behind their doors, as one ASGI app, and the server that keeps them open."""

    def __init__(self, sqs: Sqs, site: Site, *, more: Mapping[str, ASGIApp], functions: tuple[Function, ...] = FUNCTIONS) -> None:
        self._invokers = {function.name: Invoker(function, threads=_threads(function)) for function in functions}
        self._http = HttpDoor(list(self._invokers.values()))
        self._sockets = {
            wake.path: SocketsDoor(invoker, stage=wake.path.strip("/"))
            for invoker in self._invokers.values()
            for wake in invoker.function.wakes
            if isinstance(wake, Socket)
        }
        self._site = site
        self._more = more
        self._server = _Server(_config(self))
        self.sources = {
            wake.setting: Source(sqs, wake, invoker)
            for invoker in self._invokers.values()
            for wake in invoker.function.wakes
            if isinstance(wake, Queue)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands the request to its door."""
        await self._door(scope)(scope, receive, send)

    async def open(self, sock: socket.socket, *, opened: Callable[[], None]) -> None:
        """Serves on `sock`, calling `opened` once it does, until somebody calls `close`."""
        kept = [asyncio.create_task(task) for task in (*self._schedules(), _tell_when_open(self._server, opened))]
        threading.Thread(target=self._warm, name="warm", daemon=True).start()
        for source in self.sources.values():
            source.start()
        try:
            await self._server.serve([sock])
        finally:
            for task in kept:
                task.cancel()
            for invoker in self._invokers.values():
                invoker.close()

    def close(self) -> None:
        """No event is taken any more, and `open` ends. Asked a second time, it ends without waiting for anybody."""
        for source in self.sources.values():
            source.stop()
        self._server.force_exit = self._server.should_exit
        self._server.should_exit = True

    def _warm(self) -> None:
        for invoker in self._invokers.values():
            invoker.warm()

    def _schedules(self) -> list[Coroutine[None, None, None]]:
        return [
            schedules.keep(wake, invoker)
            for invoker in self._invokers.values()
            for wake in invoker.function.wakes
            if isinstance(wake, Schedule)
        ]

    def _door(self, scope: Scope) -> ASGIApp:
        path: str = scope["path"]
        if scope["type"] == "websocket":
            return self._sockets.get(path.rstrip("/"), _no_socket)
        if scope["type"] != "http":
            return _nothing
        if path.startswith("/@connections/"):
            return next(iter(self._sockets.values())).connections
        for prefix, app in self._more.items():
            if path.startswith(f"{prefix}/"):
                return app
        return self._http if self._http.function_for(path) else self._site


class _Server(uvicorn.Server):
    """Signals are `up`'s: uvicorn would raise them again at the end, before the database is stopped."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws=FramedProtocol,
        ws_max_size=MOST_MESSAGE,
        ws_per_message_deflate=False,  # API Gateway does not compress either, and 500 sockets would cost 150 MB
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=GOODBYE_S,
    )


async def _tell_when_open(server: uvicorn.Server, opened: Callable[[], None]) -> None:
    while not server.started:
        await asyncio.sleep(0.01)
    opened()


async def _no_socket(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    return


def _threads(function: Function) -> int:
    queues = sum(wake.concurrency for wake in function.wakes if isinstance(wake, Queue))
    has_http = any(isinstance(wake, Http) for wake in function.wakes)
    has_sockets = any(isinstance(wake, Socket) for wake in function.wakes)
    return max(1, queues + HTTP_THREADS * has_http + SOCKET_THREADS * has_sockets)
