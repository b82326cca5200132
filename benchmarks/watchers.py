"""The watchers of `events`, in a process of their own: real WebSockets that note when each message came.

Run as `python -m benchmarks.watchers FIRST_MESSAGE < addresses`: it says `ready` when every socket has sent its first message (if that is
not empty) and heard the answer; then, for each line `N` on standard input, waits until every socket has N events, and answers
with a JSON line: the moments (seconds of the monotonic clock, which both processes share) of each socket's events, by their number.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import uvloop
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_S = 120.0
AT_ONCE = 20  # sockets that open side by side: a server is not met by 500 at the same moment


class Watcher:
    """One socket: what came, and when."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, str]] = []
        self.events = 0

    async def listen(self, socket: ClientConnection) -> None:
        """Notes every message until the socket ends."""
        async for text in socket:
            assert isinstance(text, str)
            self.heard.append((time.monotonic(), text))
            self.events += text.count('"run.event"')

    def moments(self) -> list[tuple[int, float]]:
        """The number and the moment of each event that came since the last time."""
        heard, self.heard, self.events = self.heard, [], 0
        return [(number, at) for at, text in heard for number in _numbers(json.loads(text))]


async def main(first_message: str) -> None:
    """The life of all watchers."""
    watchers: list[Watcher] = []
    gate = asyncio.Semaphore(AT_ONCE)
    lines = _lines()
    addresses = next(lines).split()
    kept = await asyncio.gather(*(_open(address, first_message, gate) for address in addresses))
    for socket in kept:
        watchers.append(watcher := Watcher())
        asyncio.ensure_future(watcher.listen(socket))  # noqa: RUF006  # ends with the process
    print("ready", flush=True)
    while line := await asyncio.to_thread(next, lines, None):
        await _wait(watchers, int(line))
        print(json.dumps([watcher.moments() for watcher in watchers]), flush=True)


async def _open(address: str, first_message: str, gate: asyncio.Semaphore) -> ClientConnection:
    async with gate:
        socket = await connect(address, compression=None, open_timeout=60, ping_interval=None, proxy=None)
        if first_message:
            await socket.send(first_message)
            while '"ping"' not in str(await socket.recv()):
                pass  # the answer to a watch ends with a ping
        return socket


async def _wait(watchers: list[Watcher], events: int) -> None:
    """Every watcher has so many events, or nothing new came for a while: then some are lost, and whoever asked finds out."""
    deadline = time.monotonic() + PATIENCE_S
    while any(watcher.events < events for watcher in watchers) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)


def _numbers(message: dict[str, Any]) -> Iterator[int]:
    for frame in message.get("frames") or [message]:
        if frame.get("kind") == "run.event":
            yield frame["data"]["seq"]


def _lines() -> Iterator[str]:
    for line in sys.stdin:
        yield line.strip()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1] if len(sys.argv) > 1 else ""))
