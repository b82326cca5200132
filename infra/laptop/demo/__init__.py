"""The demo repository: a small shop with a real bug, for a first run that needs nobody's code.

`repository/` holds its files as they are; here they become a git repository with a history.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

FILES = Path(__file__).parent / "repository"
BRANCH = "main"

# Oldest first. Together they name every file under `repository/`; a test holds that.
COMMITS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Keep money in whole cents",
        (".gitignore", "README.md", "shop/__init__.py", "shop/money.py", "tests/__init__.py", "tests/test_money.py"),
    ),
    ("Add the catalogue", ("shop/catalogue.py", "tests/test_catalogue.py")),
    ("Add discount codes", ("shop/discounts.py", "tests/test_discounts.py")),
    ("Price an order with its discount", ("shop/orders.py",)),
    ("Price orders from the command line", ("shop/__main__.py", "shop/cli.py", "tests/test_cli.py")),
    ("Test what an order costs", ("tests/test_orders.py",)),
    ("Tell Dispatch how to check this repository", (".github/dispatch.toml",)),
)
AUTHOR = {"name": "Shop", "email": "shop@example.invalid"}
FIRST_DAY = 1_790_000_000  # September 2026: fixed dates make the same commits on every machine
A_DAY = 86_400


class NotADemo(RuntimeError):
    """The place for the demo repository is taken by something else. Move it away, or set TARGET_REPO."""


def make(path: Path) -> Path:
    """The demo repository stands at `path`, on branch `main`; one that is already there is left as it is.

    It appears whole or not at all: it is built beside its place and then renamed.
    """
    path = path.absolute()
    if (path / ".git").exists():
        return path
    if path.exists() and any(path.iterdir()):
        raise NotADemo(f"{path} holds files, but no git repository: move it away, or set TARGET_REPO.")
    path.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        _build(building)
        building.chmod(0o755)  # mkdtemp keeps others out
        _move_into_place(building, path)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return path


def _build(place: Path) -> None:
    _git(place, "init", "-q", "-b", BRANCH, "--template=")
    for key, value in AUTHOR.items():
        _git(place, "config", f"user.{key}", value)
    for day, (subject, files) in enumerate(COMMITS):
        _copy(place, files)
        _git(place, "add", "--", *files)
        _git(place, "commit", "-q", "-m", subject, day=day)


def _copy(place: Path, files: Sequence[str]) -> None:
    for name in files:
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(FILES / name, target)


def _move_into_place(building: Path, path: Path) -> None:
    try:
        building.rename(path)
    except OSError:
        if not (path / ".git").exists():  # not another process that was quicker
            raise


def _git(place: Path, *words: str, day: int = 0) -> None:
    """git ran there, by fixed dates and without this machine's own settings, hooks and keys."""
    when = f"{FIRST_DAY + day * A_DAY} +0000"
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    outer = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    subprocess.run(["git", *words], cwd=place, env=outer | fixed, check=True, capture_output=True)
