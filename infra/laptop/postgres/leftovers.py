"""What an earlier Postgres on the same data left behind: still running servers, a lock file of a dead one."""

import os
import signal
import subprocess
import time
from pathlib import Path

from infra.laptop.postgres.errors import PostgresError

PATIENCE_S = 20.0
POLITE_S = 6.0  # a fast shutdown writes a checkpoint first
LOCK_FILE = "postmaster.pid"


def clear(data_dir: Path) -> None:
    """Nothing runs on `data_dir` any more and its lock file is gone."""
    deadline = time.monotonic() + PATIENCE_S
    asked_at: float | None = None
    while alive := running_on(data_dir):
        now = time.monotonic()
        if now > deadline:
            raise PostgresError(f"An old Postgres (process {alive[0]}) on {data_dir} does not end. End it by hand: kill -9 {alive[0]}")
        if asked_at is None:
            asked_at = now
            _signal(alive[:1], signal.SIGINT)
        elif now - asked_at > POLITE_S:
            _signal(alive, signal.SIGQUIT)
        time.sleep(0.05)
    (data_dir / LOCK_FILE).unlink(missing_ok=True)


def running_on(data_dir: Path) -> list[int]:
    """The living processes that work on `data_dir`, the server itself first. A zombie is dead."""
    server = _server_pid(data_dir)
    if Path("/proc/self").exists():
        found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _works_in(entry, data_dir)]
    else:
        found = [server] if server and _is_postgres_by_ps(server) else []
    return sorted(found, key=lambda pid: (pid != server, pid))


def _server_pid(data_dir: Path) -> int | None:
    try:
        return int((data_dir / LOCK_FILE).read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _works_in(process: Path, data_dir: Path) -> bool:
    try:
        return (process / "comm").read_text().strip() == "postgres" and (process / "cwd").readlink() == data_dir.resolve()
    except OSError:  # gone, a zombie, or somebody else's
        return False


def _is_postgres_by_ps(pid: int) -> bool:
    answer = subprocess.run(["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    stat, _, command = answer.stdout.strip().partition(" ")
    return bool(stat) and not stat.startswith("Z") and "postgres" in command


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
