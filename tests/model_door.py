"""The scripted model's door, served on a free port of the loopback for as long as a test needs it."""

import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn

from infra.laptop.model import make_door


@contextlib.contextmanager
def served(*, pace_ms: int = 0, usd_per_call: float | None = None) -> Iterator[str]:
    """The address at which a door answers."""
    server = uvicorn.Server(uvicorn.Config(make_door(pace_ms, usd_per_call), host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
