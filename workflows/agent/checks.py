"""One of the repository's own commands, run to its end: what sets it up, and what says whether it is well."""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from agent.processes import end_everything, start_humbly
from agent.settings import MARK

OUTPUT_LIMIT = 16 * 1024  # the last bytes of a check's output; the end is where the failure stands
CHECK_LIMIT_S = 900.0
TIMED_OUT = 124  # as timeout(1) has it


def run_command(
    name: str,
    command: str,
    *,
    cwd: Path,
    environment: dict[str, str],
    stop: threading.Event,
    limit_s: float = CHECK_LIMIT_S,
    may_rise: bool = False,
) -> dict[str, Any]:
    """Runs one shell command to its end, its time limit or `stop`, and answers the protocol's check of it.

    `may_rise`: it may use sudo; what runs an agent's code may not.
    """
    began, start = time.monotonic(), subprocess.Popen if may_rise else start_humbly
    with tempfile.TemporaryFile() as output:
        process = start(
            ["/bin/sh", "-c", command],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        exit_code = _wait(process, began + limit_s, stop)
        _end_group(process)
        end_everything(environment.get(MARK, ""))
        seconds = round(time.monotonic() - began, 2)
        return {
            "name": name[:100],
            "command": command[:2000],
            "exit_code": exit_code,
            "seconds": seconds,
            "output": _tail(output),
            "before": None,
        }


def compared(after: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The checks after the work, each with how it went before."""
    went = {check["name"]: {"exit_code": check["exit_code"]} for check in before}
    return [check | {"before": went.get(check["name"])} for check in after]


def _wait(process: subprocess.Popen[bytes], deadline: float, stop: threading.Event) -> int:
    while (exit_code := process.poll()) is None:
        if stop.wait(0.05) or time.monotonic() > deadline:
            return TIMED_OUT
    return exit_code


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(output: BinaryIO) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(size - OUTPUT_LIMIT, 0))
    return output.read().decode(errors="replace")
