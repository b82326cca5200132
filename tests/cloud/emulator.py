"""AWS's own runtime interface emulator around a bundle, instead of our small runtime interface."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.laptop.processes import end_with_parent
from tests.cloud.runtime_api import PATIENCE_S, FunctionFailed, Place

INVOKE = "/2015-03-31/functions/function/invocations"


class Emulated:
    """One function behind the emulator. It takes one event at a time."""

    def __init__(self, port: int, log: Path) -> None:
        self._door = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self._log = log

    def invoke(self, event: Any) -> Any:
        """What the function answers. Raises FunctionFailed."""
        self._door.request("POST", INVOKE, json.dumps(event).encode())
        answer = self._door.getresponse()
        told = answer.read()
        found = json.loads(told) if answer.status == 200 else {"errorType": answer.status}
        if isinstance(found, dict) and "errorType" in found:
            raise FunctionFailed(f"{told.decode()}\n{self._log.read_text(errors='replace')[-4000:]}")
        return found


@contextmanager
def emulated(program: Path, place: Place, handler: str, settings: Mapping[str, str]) -> Iterator[Emulated]:
    """The function behind the emulator, until the end of the block."""
    port, inner = _free_port(), _free_port()
    log = place.root / "log"
    addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}", "--runtime-api-address", f"127.0.0.1:{inner}"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(program), *addresses, *place.command(handler)],
            cwd=place.root / "var" / "task",
            env=place.environment(handler, settings),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509 - loaded before the fork
        )
    try:
        _wait_for(port)
        yield Emulated(port, log)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
