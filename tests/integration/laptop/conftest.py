"""A laptop with fake functions behind real doors, on a free port."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import boto3
import pytest

from infra.laptop.doors import queues
from infra.laptop.doors.all import Doors
from infra.laptop.doors.queues import Sqs
from infra.laptop.doors.site import Site
from infra.wiring import Function, Http, Queue, Schedule, Socket

FAKES = "tests.integration.laptop.fake_functions"
FUNCTIONS = (
    Function("api", f"{FAKES}:api", (Http(("/api/*",)),), memory_mb=256, timeout_s=2),
    Function("webhooks", f"{FAKES}:webhooks", (Http(("/api/github/webhook",)),), memory_mb=256, timeout_s=5),
    Function("sockets", f"{FAKES}:sockets", (Socket("/ws"),), memory_mb=256, timeout_s=5),
    Function("turns", f"{FAKES}:turns", (Queue("turns.fifo", batch_size=1, concurrency=4),), memory_mb=256, timeout_s=20),
    Function("spawner", f"{FAKES}:spawner", (Queue("spawns", batch_size=5, concurrency=2, max_receives=2),), memory_mb=256, timeout_s=10),
    Function("verifier", f"{FAKES}:verifier", (Schedule("sweep", timedelta(minutes=1), timedelta(seconds=1)),), memory_mb=256, timeout_s=5),
)


@dataclass
class Laptop:
    """Where the fake laptop is."""

    port: int
    doors: Doors
    sqs: Sqs

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    def queue(self, setting: str) -> str:
        return self.doors.sources[setting].url

    def management(self):
        return boto3.client(
            "apigatewaymanagementapi", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "build"
    (folder / "_app/immutable").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Site</title><script>start()</script><script src='/x.js'></script>")
    (folder / "_app/immutable/entry.abc.js").write_text("export const a = 1;")
    (folder / "_app/immutable/entry.abc.js.gz").write_bytes(b"packed")
    (folder.parent / "secret.txt").write_text("secret")
    return folder


@pytest.fixture(scope="session")
def laptop(site: Path) -> Iterator[Laptop]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queues, "RETRY_S", 1)
        sqs = Sqs()
        sock = socket.create_server(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        doors = Doors(sqs, Site(site, sockets_url=f"ws://127.0.0.1:{port}/ws"), more={}, functions=FUNCTIONS)
        opened = threading.Event()
        server = threading.Thread(target=lambda: asyncio.run(doors.open(sock, opened=opened.set)), daemon=True)
        server.start()
        assert opened.wait(20)
        yield Laptop(port, doors, sqs)
        doors.close()
        server.join(5)
        sqs.stop()
        assert not server.is_alive()
