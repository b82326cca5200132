"""The agent CLI as a process: started in a group of its own, spoken to by lines, and ended for certain, with everything it started."""

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from agent.processes import end_everything, start_humbly
from agent.settings import MARK

LONGEST_LINE = 16 * 1024 * 1024  # an Edit tells the whole file it changed
MOST_WAITING = 8  # lines: an agent that floods waits for us, and not our memory for it
TERM_GRACE_S = 5.0  # between SIGTERM and SIGKILL


class CannotStartError(Exception):
    """The agent CLI cannot be started on this machine."""


class Cli:
    """One CLI process. `lines` yields its output, and what others tell of it; None in it means that the output has ended."""

    def __init__(self, command: list[str], *, cwd: Path, environment: dict[str, str]) -> None:
        self.mark = environment.get(MARK, "")
        self.lines: queue.Queue[bytes | dict[str, Any] | None] = queue.Queue(maxsize=MOST_WAITING)
        self.inputs: queue.Queue[bytes | None] = queue.Queue()
        self.errors: deque[bytes] = deque(maxlen=200)
        pipe = subprocess.PIPE
        try:
            self.process = start_humbly(command, cwd=cwd, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
        except OSError as error:
            raise CannotStartError(f"The agent CLI cannot be started: {error}") from error
        for pump in (self._write_input, self._read_output, self._read_errors):
            threading.Thread(target=pump, daemon=True).start()

    def say(self, words: bytes) -> bool:
        """Gives the agent `words` as soon as it reads; False where it has left."""
        self.inputs.put(words)
        return self.process.poll() is None

    def close_input(self) -> None:
        """The agent knows that nothing more will be said: it ends after its turn."""
        self.inputs.put(None)

    def wait(self, timeout_s: float) -> int | None:
        """The CLI's exit code once it has left by itself; None where it has not within `timeout_s`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(timeout_s)
        return None

    def end(self, grace_s: float = TERM_GRACE_S) -> int | None:
        """No process of the agent is left: first asked by SIGTERM, after `grace_s` by SIGKILL. Answers the CLI's exit code.

        With `grace_s` 0 it is not asked: there are CLIs that go on and call the model again.
        """
        if grace_s:
            self._signal(signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        while self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        self._signal(signal.SIGKILL)
        end_everything(self.mark)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        return self.process.returncode

    def stderr(self) -> str:
        """The last lines of the CLI's standard error."""
        return b"".join(list(self.errors)).decode(errors="replace")

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def _write_input(self) -> None:
        """Writes in a thread of its own: an agent that does not read must not hold up the runner."""
        assert self.process.stdin is not None  # noqa: S101  (it was asked for as a pipe)
        with contextlib.suppress(OSError, ValueError):
            while (message := self.inputs.get()) is not None:
                self.process.stdin.write(message)
                self.process.stdin.flush()
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def _read_output(self) -> None:
        assert self.process.stdout is not None  # noqa: S101
        with contextlib.suppress(OSError, ValueError):
            while line := self.process.stdout.readline(LONGEST_LINE):
                self.lines.put(line)
        self.lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None  # noqa: S101
        with contextlib.suppress(OSError, ValueError):
            while line := self.process.stderr.readline(8192):
                self.errors.append(line)
