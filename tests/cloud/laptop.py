"""The laptop's real doors with the real functions that people and machines reach, on a free port."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.laptop.doors.all import Doors
from infra.laptop.doors.queues import Sqs
from infra.laptop.doors.site import Site
from infra.wiring import FUNCTIONS

REACHED = ("api", "webhooks", "sockets")


@dataclass(frozen=True)
class Laptop:
    """Where the doors are."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sockets_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"


@contextmanager
def opened(sqs: Sqs, folder: Path, taken: socket.socket) -> Iterator[Laptop]:
    """The doors at this socket; what the functions find in their environment is whoever's who opens them."""
    laptop = Laptop(taken.getsockname()[1])
    wanted = tuple(function for function in FUNCTIONS if function.name in REACHED)
    doors = Doors(sqs, Site(folder, sockets_url=laptop.sockets_url), more={}, functions=wanted)
    is_open = threading.Event()
    server = threading.Thread(target=lambda: asyncio.run(doors.open(taken, opened=is_open.set)), daemon=True)
    server.start()
    assert is_open.wait(20)
    yield laptop
    doors.close()
    server.join(5)
    assert not server.is_alive()
