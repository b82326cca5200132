"""The scripted model for one job, in its supervisor's process: a run goes on while the server is away, as it would with a real model."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from infra.laptop import model


@contextmanager
def scripted_model() -> Iterator[dict[str, str]]:
    """The model answers on a loopback port; yields what the agent's environment has to say about it."""
    sock = socket.create_server(("127.0.0.1", 0), backlog=64)
    server = uvicorn.Server(uvicorn.Config(model.door, lifespan="off", log_config=None, access_log=False))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([sock])), name="model", daemon=True)
    thread.start()
    try:
        yield {"ANTHROPIC_API_KEY": "scripted", "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{sock.getsockname()[1]}"}
    finally:
        server.force_exit = server.should_exit = True
        thread.join(1)
