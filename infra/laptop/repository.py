"""The target repository on this machine: what is asked of it, which commit agents start from, and worktrees of that commit.

Agents work in worktrees; the person's own checkout is never touched.
"""

import fcntl
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONFIGURATION = ".github/dispatch.toml"
SHOWN_CHANGES = 3


class RepositoryError(Exception):
    """The target repository cannot be worked on, and why."""


def check_repository(path: Path) -> Path:
    """The repository's top folder, if agents can work there: it exists, it is git's, and it has a commit."""
    if shutil.which("git") is None:
        raise RepositoryError("git is not installed. Install it: `apt-get install git` (Debian), `xcode-select --install` (macOS).")
    if not path.is_dir():
        raise RepositoryError(f"TARGET_REPO is {path}, which is not a folder on this machine.")
    try:
        top = Path(_git(path, "rev-parse", "--show-toplevel"))
    except RepositoryError as error:
        reason = f" (git says: {error})" if "not a git repository" not in str(error) else ""
        raise RepositoryError(f"TARGET_REPO is {path}, which is not a git repository{reason}.") from error
    try:
        _git(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    except RepositoryError as error:
        raise RepositoryError(f"The repository {top} has no commits yet. Agents start from a commit: make a first one.") from error
    return top


def refuse_uncommitted(repository: Path) -> None:
    """Raises RepositoryError when tracked files are changed: agents would not see those changes, and their work would miss them."""
    changes = [line[3:] for line in _git(repository, "status", "--porcelain", "--untracked-files=no").splitlines()]
    if changes:
        shown = ", ".join(changes[:SHOWN_CHANGES]) + (", …" if len(changes) > SHOWN_CHANGES else "")
        raise RepositoryError(f"{repository} has uncommitted changes ({shown}). Agents start from a commit: commit or stash them first.")


def base_branch(repository: Path) -> str:
    """The branch that agents begin from: `.github/dispatch.toml`'s, else the one that is checked out."""
    return _configured_base(repository) or _git(repository, "rev-parse", "--abbrev-ref", "HEAD")


def base_commit(repository: Path) -> str:
    """The commit that agents start from: the branch named in `.github/dispatch.toml`, else the branch that is checked out."""
    base = _configured_base(repository) or "HEAD"
    try:
        return _git(repository, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}")
    except RepositoryError as error:
        raise RepositoryError(f"The base branch {base} of {CONFIGURATION} does not exist in {repository}.") from error


@contextmanager
def worktree(repository: Path, commit: str, place: Path) -> Iterator[Path]:
    """A checkout of `commit` at `place`, gone afterwards whatever happened in it."""
    with _one_at_a_time(place):
        _git(repository, "worktree", "add", "--force", "--detach", str(place), commit)
    try:
        yield place
    finally:
        remove_worktree(repository, place)


def remove_worktree(repository: Path, place: Path) -> None:
    """No worktree is at `place`, and git does not remember one."""
    with _one_at_a_time(place):
        shutil.rmtree(place, ignore_errors=True)
        if repository.is_dir():
            subprocess.run(["git", "-C", str(repository), "worktree", "prune"], check=False, capture_output=True)


@contextmanager
def _one_at_a_time(place: Path) -> Iterator[None]:
    """git's own locks make the second of two that add or prune at once fail instead of wait."""
    with (place.parent.parent / "worktrees.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _configured_base(repository: Path) -> str | None:
    try:
        text = _git(repository, "show", f"HEAD:{CONFIGURATION}")
    except RepositoryError:
        return None
    try:
        base = tomllib.loads(text).get("base")
    except tomllib.TOMLDecodeError as error:
        raise RepositoryError(f"{CONFIGURATION} in {repository} cannot be read: {error}.") from error
    return base if isinstance(base, str) and base and not base.startswith("-") else None


def _git(repository: Path, *words: str) -> str:
    answer = subprocess.run(["git", "-C", str(repository), *words], check=False, capture_output=True, text=True, errors="replace")
    if answer.returncode != 0:
        raise RepositoryError(answer.stderr.strip() or f"git {words[0]} failed")
    return answer.stdout.strip("\n")
