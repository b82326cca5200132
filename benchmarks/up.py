"""`make up`: from a fresh clone to a page that answers; starting again; memory of everything that runs, at rest.

The clone is a temporary one of the last commit, with what `uv sync` and `npm ci` leave in it; packages come from wherever this machine
gets them (a warm cache is faster: `--cold` measures without one). Memory is the proportional set size of the whole tree of processes,
Postgres among them, once nothing happens any more. Run with `python -m benchmarks.up`.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.database import remove
from benchmarks.figures import Figure, arguments, show, tell
from infra.laptop.environment import ROOT

FRESH_S, AGAIN_S, AT_REST_MB = 120, 6, 400
PATIENCE_S = 600
REST_S = 15  # after this nothing is being imported or looked up any more
STARTS = 3
OURS = ("ANTHROPIC", "GITHUB_", "PG", "DISPATCH_", "PORT", "TARGET_REPO", "VIRTUAL_ENV", "UV_PROJECT")


def measure(*, is_cold: bool) -> list[Figure]:
    """The figures, in the order in which a person meets them."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "dispatch"
        environment = _environment(Path(folder), is_cold=is_cold)
        subprocess.run(["git", "clone", "-q", f"file://{ROOT}", str(clone)], check=True)
        try:
            with _started(clone, environment, "make", "up") as (fresh_s, _):
                tell(f"  fresh: {fresh_s:.1f} s")
            again = [_again(clone, environment) for _ in range(STARTS)]
        finally:
            remove(clone / ".dispatch" / "postgres")
    cache = "no package cache" if is_cold else "packages cached"
    return [
        Figure(f"fresh clone to a page that answers, {cache}", fresh_s, "s", FRESH_S),
        Figure(f"starting again, the middle of {STARTS}", median([start_s for start_s, _ in again]), "s", AGAIN_S),
        Figure("starting again, the slowest", max(start_s for start_s, _ in again), "s"),
        Figure("memory at rest, everything, the most", max(memory_mb for _, memory_mb in again), "MB", AT_REST_MB),
    ]


def _again(clone: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds until the page answers, and MB in use once nothing happens any more."""
    with _started(clone, environment, "make", "up") as (start_s, process):
        time.sleep(REST_S)
        memory_mb = sum(map(_proportional_kb, _tree(process.pid))) / 1024
    tell(f"  again: {start_s:.1f} s, {memory_mb:.0f} MB")
    return start_s, memory_mb


def _environment(folder: Path, *, is_cold: bool) -> dict[str, str]:
    """What a person's shell has, with a free port; without any package that was fetched before, if `is_cold`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cold = {"UV_CACHE_DIR": str(folder / "uv"), "npm_config_cache": str(folder / "npm")} if is_cold else {}
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | cold | {"PORT": str(port)}


@contextmanager
def _started(clone: Path, environment: dict[str, str], *words: str) -> Iterator[tuple[float, subprocess.Popen[bytes]]]:
    """Seconds from the command to the page, and the process; it is stopped as Ctrl-C would stop it."""
    log = clone.with_name("log")
    began = time.monotonic()
    with log.open("wb") as said:
        process = subprocess.Popen(words, cwd=clone, env=environment, stdout=said, stderr=said, start_new_session=True)
    try:
        while not _answers(f"http://127.0.0.1:{environment['PORT']}/"):
            if process.poll() is not None or time.monotonic() - began > PATIENCE_S:
                raise SystemExit(f"`{' '.join(words)}` never answered:\n{log.read_text()}")
            time.sleep(0.05)
        yield time.monotonic() - began, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(30)


def _answers(url: str) -> bool:
    """Whether the page is there, and the API behind it."""
    try:
        return all(urllib.request.urlopen(url + path, timeout=2).status == 200 for path in ("", "api/health"))
    except (OSError, urllib.error.HTTPError):
        return False


def _tree(pid: int) -> Iterator[int]:
    """The process and everything it started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from _tree(int(child))


def _proportional_kb(pid: int) -> int:
    """Memory of one process, its share of what it shares with others."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it ended meanwhile
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--cold", action="store_true", help="fetch every package anew")
    asked = parser.parse_args()
    if sys.platform != "linux":
        raise SystemExit("Memory is read from /proc: this measurement needs Linux.")
    show("up", measure(is_cold=asked.cold), as_json=asked.json)
