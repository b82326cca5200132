"""What a run leaves for people to look at, beside its patch: screenshots and reports, by the patterns of the configuration."""

import logging
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from agent.configuration import ARTIFACTS
from agent.outbox import Outbox
from agent.patterns import matches
from agent.server import RefusedError, Server
from agent.stop import Stop
from agent.web import UnreachableError, insist

MOST_ARTIFACTS = 30
MOST_BYTES = 3_000_000  # of one; the server's limit
LONGEST_NAME = 200
PATIENCE_S = 600.0  # for one, while the server is away; the result waits behind them
MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".txt": "text/plain",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".html": "text/html",
    ".json": "application/json",
    ".zip": "application/zip",
}
OWN_FOLDER = ARTIFACTS.removesuffix("**")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Artifact:
    """One file, as it is handed over."""

    name: str
    media_type: str
    content: bytes = field(repr=False)

    def masked(self, mask: Callable[[str], str]) -> "Artifact":
        """The same file; where it is a text, as `mask` leaves it."""
        if not self.media_type.startswith(("text/", "application/json")):
            return self
        return replace(self, content=mask(self.content.decode(errors="surrogateescape")).encode(errors="surrogateescape"))


@dataclass(frozen=True)
class Found:
    """What is handed over, and a sentence on each file that is not."""

    artifacts: list[Artifact]
    left_out: list[str]


def collect(worktree: Path, patterns: list[str], *, tracked: frozenset[str]) -> Found:
    """The files in the worktree that fit, but for those that the repository had already. No symbolic link is followed."""
    artifacts: list[Artifact] = []
    left_out: list[str] = []
    for path in sorted(path for path in _files(worktree) if path not in tracked and matches(path, patterns)):
        try:
            _refuse_one_too_many(artifacts)
            artifacts.append(_read(worktree, path))
        except (OSError, ValueError) as error:
            left_out.append(f"{path} is not shown: {error}")
    return Found(artifacts, left_out)


def copy(artifacts: list[Artifact], folder: Path) -> None:
    """They also stand in `folder`, as far as it takes them: the server has them all."""
    for artifact in artifacts:
        place = folder / artifact.name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(artifact.content)
        except OSError as error:
            logger.warning("%s was not copied: %s", artifact.name, error)


def send(artifacts: list[Artifact], server: Server, outbox: Outbox, stop: Stop) -> None:
    """The server has them, or those who watch know which it has not. A stopped job has no time for them. Raises `StaleClaimError`."""
    for artifact in artifacts:
        if stop.is_set():
            return
        try:
            insist(
                partial(server.send_artifact, artifact.name, artifact.media_type, artifact.content), patience_s=PATIENCE_S, given_up=stop
            )
        except RefusedError as error:
            outbox.notice("warning", f"{artifact.name} was not taken: {error}")
        except UnreachableError as error:
            outbox.notice("warning", f"{artifact.name} could not be sent: {error}")
            return


def _files(worktree: Path) -> list[str]:
    """Every file and link below, by its path from the worktree; what git keeps for itself is none."""
    found: list[str] = []
    for folder, folders, names in os.walk(worktree):
        folders[:] = [name for name in folders if name != ".git"]
        found += [str((Path(folder) / name).relative_to(worktree)) for name in names]
    return found


def _refuse_one_too_many(artifacts: list[Artifact]) -> None:
    if len(artifacts) == MOST_ARTIFACTS:
        raise ValueError(f"a run shows at most {MOST_ARTIFACTS} files.")


def _read(worktree: Path, path: str) -> Artifact:
    name = path.removeprefix(OWN_FOLDER)
    media_type = MEDIA_TYPES.get(Path(path).suffix.lower())
    if media_type is None:
        raise ValueError(f"only {', '.join(MEDIA_TYPES)} are.")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError("its name is too long, or nobody can read it.")
    file = os.open(worktree / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise ValueError("it is no ordinary file.")
        content = opened.read(MOST_BYTES + 1)
    if not 0 < len(content) <= MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES // 1_000_000} MB." if content else "it is empty.")
    return Artifact(name, media_type, content)
