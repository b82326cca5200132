"""From an accepted patch to a commit: in a worktree of its own, and only what the patch said that it would change."""

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.patterns import matches
from agent.repository import GitError, Repository

LINKS = {"120000", "160000"}  # git's modes of symbolic links and of submodules


class PublishError(Exception):
    """The patch cannot be published; the message is a sentence for people."""


@dataclass(frozen=True)
class Accepted:
    """A patch that the server accepted. `lands_on` is where its branch has to stand; None: the branch is new."""

    branch: str
    base_commit: str
    mbox: str
    files: frozenset[str]
    lands_on: str | None = None
    base_branch: str | None = None
    title: str = ""
    body: str = ""

    @staticmethod
    def read(answer: dict[str, Any]) -> "Accepted":
        """The server's answer."""
        return Accepted(
            branch=answer["branch"],
            base_commit=answer["base_commit"],
            mbox=answer["mbox"],
            files=frozenset(answer["files"]),
            lands_on=answer.get("lands_on"),
            base_branch=answer.get("base_branch"),
            title=answer.get("title") or answer["branch"],
            body=answer.get("body") or "",
        )


def apply_patch(repository: Repository, patch: Accepted, *, protected: list[str], place: Path) -> str:
    """A commit holds `patch` on its base; answers it. Raises `PublishError`, `GitError`.

    The same patch gives the same commit (committer's date is the author's). `place` is where it may make a worktree, and clears away what
    stands there.
    """
    head = _apply(repository, patch.base_commit, patch.mbox, place)
    _refuse_the_unexpected(repository.changed_modes(patch.base_commit, head), patch.files, protected)
    if patch.lands_on and not repository.is_ancestor(patch.lands_on, head):
        raise PublishError(f"The patch does not go on from {patch.lands_on}, where its branch has to stand.")
    return head


def clear(repository: Repository, place: Path) -> None:
    """No worktree stands in `place`, whole or half made, and the repository knows of none there."""
    with contextlib.suppress(GitError):
        repository.git("worktree", "remove", "--force", "--force", str(place))
    shutil.rmtree(place, ignore_errors=True)
    repository.git("worktree", "prune")


def _apply(repository: Repository, base: str, mbox: str, place: Path) -> str:
    clear(repository, place)
    repository.git("worktree", "add", "--force", "--force", "--quiet", "--detach", str(place), base)
    try:
        worktree = Repository(place, repository.environment)
        worktree.git("am", "--quiet", "--keep-cr", "--keep-non-patch", "--committer-date-is-author-date", stdin=mbox.encode())
        return worktree.head()
    finally:
        clear(repository, place)


def _refuse_the_unexpected(modes: dict[str, str], allowed: frozenset[str], protected: list[str]) -> None:
    """What counts is what git made of the patch: it finds changes in commit messages too, and no reading of the text sees all it sees."""
    if unexpected := sorted(modes.keys() - allowed):
        raise PublishError(f"The patch changes {', '.join(unexpected[:5])}, which it did not name.")
    if links := sorted(path for path, mode in modes.items() if mode in LINKS):
        raise PublishError(f"The patch makes a symbolic link or a submodule: {', '.join(links[:5])}.")
    if guarded := sorted(path for path in modes if matches(path, protected)):
        raise PublishError(f"The repository's dispatch.toml protects {', '.join(guarded[:5])}: agents do not change it.")
