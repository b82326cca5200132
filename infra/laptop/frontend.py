"""The static site, built from `frontend/` when it is missing or older than its sources."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.laptop import claude
from infra.laptop.problems import SetUpError

SOURCES = ("src", "static", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "svelte.config.js")


def build_if_stale(frontend: Path, *, tell: Callable[[str], None]) -> None:
    """`frontend/build` is the site of the sources as they are. Raises SetUpError with npm's last words."""
    if not is_stale(frontend):
        return
    npm = claude.find_npm()
    if npm is None:
        raise SetUpError(claude.no_npm())
    if _is_older(frontend / "node_modules" / ".package-lock.json", frontend / "package-lock.json"):
        tell("fetching its packages, once")
        _run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], frontend)
    tell("building it")
    _run([npm, "run", "--silent", "build"], frontend)


def is_stale(frontend: Path) -> bool:
    """Whether there is something to build: the sources are there, and newer than the site."""
    if not (frontend / "package.json").is_file():
        return False
    built = frontend / "build" / "index.html"
    return not built.is_file() or any(path.stat().st_mtime > built.stat().st_mtime for path in _sources(frontend))


def _sources(frontend: Path) -> Iterator[Path]:
    """Files and folders: a folder is newer when something in it was removed. Tests are no part of the site."""
    for name in SOURCES:
        top = frontend / name
        if top.exists():
            yield from (path for path in (top, *top.rglob("*")) if not path.name.endswith(".test.ts"))


def _is_older(made: Path, source: Path) -> bool:
    return not made.exists() or made.stat().st_mtime < source.stat().st_mtime


def _run(command: list[str], frontend: Path) -> None:
    environment = claude.node_environment()
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"  # the machine's own Node may be too old for the build
    answer = subprocess.run(command, cwd=frontend, env=environment, check=False, capture_output=True, text=True, errors="replace")
    if answer.returncode != 0:
        words = (answer.stdout + answer.stderr).strip()[-1500:]
        raise SetUpError(f"The site could not be built. `{' '.join(['npm', *command[1:]])}` in {frontend} said:\n{words}")
