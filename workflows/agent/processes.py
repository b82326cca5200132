"""Nothing the runner started outlives it, wherever it hid. Linux can tell; elsewhere the process group is all there is."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from agent.settings import MARK

PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
PATIENCE_S = 3.0  # for a process that is born while the list is read, again and again


def adopt_orphans() -> None:
    """A process that leaves its parent, its group and its session behind becomes a child of ours, and so can be found."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def start_humbly(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """The process runs, and neither it nor what it starts can become more than it is: sudo and its like do nothing. Raises `OSError`.

    GitHub's machines let their user become root, who may read every process's memory. On Linux that power is given up for good by a
    thread, and passes on to what the thread starts: hence a thread of its own.
    """
    started: list[Any] = []

    def start() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        try:
            started.append(subprocess.Popen(command, **options))
        except OSError as error:
            started.append(error)

    thread = threading.Thread(target=start, name="start")
    thread.start()
    thread.join()
    if isinstance(started[0], OSError):
        raise started[0]
    return started[0]


def end_everything(mark: str) -> None:
    """No process is left that descends from us or carries the run's mark."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := _descendants() | _marked(mark)) and time.monotonic() < deadline:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def bury() -> None:
    """The dead that were left to us are taken note of. To be called when no child of ours is waited for elsewhere."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue


def _descendants() -> set[int]:
    """Every living process below this one."""
    parents = {pid: parent for pid in _processes() if (parent := _parent(pid)) is not None}
    found: set[int] = set()
    newest = {os.getpid()}
    while newest:
        newest = {pid for pid, parent in parents.items() if parent in newest} - found
        found |= newest
    return {pid for pid in found if not _is_dead(pid)}


def _marked(mark: str) -> set[int]:
    wanted = f"{MARK}={mark}".encode()
    return {pid for pid in _processes() if mark and wanted in _environment(pid).split(b"\0") and not _is_dead(pid)}


def _processes() -> list[int]:
    folder = Path("/proc")
    return [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()] if folder.is_dir() else []


def _parent(pid: int) -> int | None:
    facts = _facts(pid)
    return int(facts[1]) if facts else None


def _is_dead(pid: int) -> bool:
    """Gone, or only waiting for its parent to take note of its end."""
    facts = _facts(pid)
    return not facts or facts[0] in {"Z", "X"}


def _facts(pid: int) -> list[str]:
    """State and parent of a process; empty where there is none. The name before them may hold anything, spaces and brackets too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
    except OSError:
        return []


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
