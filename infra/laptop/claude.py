"""The Claude Code CLI: the one on this machine, else a pinned one from npm, fetched when it is first needed."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.laptop.processes import end_with_parent

VERSION = "2.1.330"
PACKAGE = f"@anthropic-ai/claude-code@{VERSION}"
OVERRIDE = "DISPATCH_CLAUDE"


class NoClaudeError(Exception):
    """There is no Claude Code CLI here and it cannot be fetched."""


def find(data: Path) -> Path | None:
    """The CLI that is already here: DISPATCH_CLAUDE, then PATH, then the one fetched before. None if there is none."""
    given = os.environ.get(OVERRIDE)
    if given:
        return Path(given)
    found = shutil.which("claude")
    if found:
        return Path(found)
    return place(data) if place(data).exists() else None


def place(data: Path) -> Path:
    """Where the fetched CLI is, or would be."""
    return data / "claude" / VERSION / "node_modules" / ".bin" / "claude"


def can_be_had(data: Path) -> bool:
    """Whether an agent could start: the CLI is here, or npm is, to fetch it."""
    return find(data) is not None or find_npm() is not None


def ensure(data: Path, *, tell: Callable[[str], None]) -> Path:
    """The CLI, fetched first if need be; who comes second waits. `tell` hears how it goes. Raises NoClaudeError with what to do."""
    found = find(data)
    if found:
        return found
    npm = find_npm()
    if npm is None:
        raise NoClaudeError(no_npm())
    with _one_at_a_time(data):
        if not place(data).exists():
            tell(f"Fetching {PACKAGE} from npm, once.")
            _fetch(npm, data)
            tell("The agent CLI is here.")
    return place(data)


def find_npm() -> str | None:
    """npm from this project's environment, else from PATH."""
    beside = Path(sys.executable).parent / "npm"
    return str(beside) if beside.exists() else shutil.which("npm")


def no_npm() -> str:
    """What to do without npm."""
    return (
        "There is no npm on this machine and none in the project's environment. Install it with `uv sync` (which brings Node), "
        "or `apt-get install npm` (Debian), `brew install node` (macOS)."
    )


def _fetch(npm: str, data: Path) -> None:
    """Installs in a draft folder and then gives it its name, so that a killed installation leaves nothing that looks whole."""
    final = data / "claude" / VERSION
    draft = final.with_name(f"{VERSION}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    (draft / "package.json").write_text('{"private": true}')
    command = [npm, "install", "--prefix", str(draft), "--no-audit", "--no-fund", "--loglevel=error", PACKAGE]
    answer = subprocess.run(
        command,
        cwd=draft,
        env=node_environment(),
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C in the terminal is for `dispatch up`, which takes it along
        preexec_fn=end_with_parent(signal.SIGKILL),
    )
    if answer.returncode != 0:
        last = (answer.stderr or answer.stdout).strip()[-400:]
        raise NoClaudeError(f"The agent CLI could not be fetched: {last}\nTry it by hand: npm install -g {PACKAGE}")
    shutil.rmtree(final, ignore_errors=True)
    draft.rename(final)


def node_environment() -> dict[str, str]:
    """Our environment with the project's Node at the end of PATH: what runs npm's scripts, where the machine has none of its own."""
    return os.environ | {"PATH": f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{Path(sys.executable).parent}"}


@contextmanager
def _one_at_a_time(data: Path) -> Iterator[None]:
    data.mkdir(parents=True, exist_ok=True)
    with (data / "claude.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
