"""The publish job: an accepted patch becomes a branch. No agent code runs here, and the person's checkout is not touched.

It may be killed anywhere and run again: the same patch gives the same branch, and what it left half done is cleared away first.
"""

import contextlib
import json
import logging
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

from agent.repository import GitError, Repository
from agent.server import MissingError, RefusedError, Server, StaleClaimError
from agent.settings import MissingSettingError, Settings
from agent.web import UnreachableError, insist

BRANCH = re.compile(r"dispatch/[a-z0-9][a-z0-9._-]*")  # only ever a branch of our own, so never the base branch
LINKS = {"120000", "160000"}  # git's modes of symbolic links and of submodules
PATIENCE_S = 600.0
TRIES, PAUSE_S = 3, 2.0  # git may find the repository locked by a person's own command
GAVE_UP_EXIT = 3  # not published, and people know why: there is no use in running it again

logger = logging.getLogger(__name__)


class PublishError(Exception):
    """The patch could not be put on its branch."""


def publish(settings: Settings) -> int:
    """The run's accepted patch stands on its own branch and the server knows. Answers 0 then, and where there is nothing to publish.

    1: it may go better another time. `GAVE_UP_EXIT`: it will not, and the server knows why.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    if settings.repository is None:
        raise MissingSettingError("DISPATCH_REPOSITORY is not set: there is nowhere to publish to.")
    server = Server(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    repository = Repository(settings.repository, settings.command_environment())
    try:
        patch = insist(server.fetch_patch, patience_s=PATIENCE_S)
        if patch.get("verdict") != "accepted":
            logger.info("nothing to publish: the patch is %s", patch.get("verdict") or "missing")
            return 0
        published = _put_patiently(repository, patch, settings.spool_dir / "publish")
        insist(lambda: server.report_published(published), patience_s=PATIENCE_S)
    except (StaleClaimError, MissingError) as error:
        logger.info("nothing to publish: %s", error)
        return 0
    except UnreachableError as error:
        logger.error("not published: %s", error)  # noqa: TRY400
        return 1
    except (RefusedError, GitError, PublishError) as error:
        return _report(server, str(error)) or GAVE_UP_EXIT
    print(json.dumps(published))
    return 0


def give_up(settings: Settings) -> int:
    """People know that the patch stays unpublished, for the reason in DISPATCH_REASON. Answers 0 then, 1 where they could not be told."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    return _report(Server(settings), os.environ.get("DISPATCH_REASON") or "The publish job ended and did not say why.")


def put_on_branch(repository: Repository, *, branch: str, base: str, mbox: str, allowed: set[str], place: Path) -> dict[str, object]:
    """`branch` holds `mbox` applied on `base`, which changed no path but those `allowed`. Raises `PublishError`, `GitError`.

    Answers the protocol's report of it. `place` is where it may make a worktree, and clears away what stands there.
    The same patch gives the same commits (committer's date is the author's), so a repetition finds its branch already there.
    """
    if not BRANCH.fullmatch(branch) or branch.endswith(".lock"):
        raise PublishError(f"{branch} is not a branch of Dispatch's own.")
    head = _apply(repository, base, mbox, place)
    _refuse_the_unexpected(repository.changed_modes(base, head), allowed)
    _point(repository, branch, head)
    return {"branch": branch, "head_commit": head, "commits": repository.commits_between(base, head)}


def _put_patiently(repository: Repository, patch: dict[str, Any], place: Path) -> dict[str, object]:
    """As `put_on_branch`, tried again where git stumbles."""
    what = {"branch": patch["branch"], "base": patch["base_commit"], "mbox": patch["mbox"], "allowed": set(patch["files"])}
    for number in range(1, TRIES):
        try:
            return put_on_branch(repository, **what, place=place)
        except GitError as error:
            logger.warning("try %s of %s: %s", number, TRIES, error)
            time.sleep(PAUSE_S * number)
    return put_on_branch(repository, **what, place=place)


def _report(server: Server, reason: str) -> int:
    """The server knows why the patch is not published. Answers 0 then, and where there is no such patch; 1 where it could not be told."""
    logger.error("not published: %s", reason)
    try:
        insist(lambda: server.report_unpublished(reason[:2000]), patience_s=PATIENCE_S)
    except (StaleClaimError, MissingError) as error:
        logger.info("nobody waits for it: %s", error)
    except (RefusedError, UnreachableError) as error:
        logger.error("and that could not be told: %s", error)  # noqa: TRY400
        return 1
    return 0


def _apply(repository: Repository, base: str, mbox: str, place: Path) -> str:
    _clear(repository, place)
    repository.git("worktree", "add", "--force", "--force", "--quiet", "--detach", str(place), base)
    try:
        worktree = Repository(place, repository.environment)
        worktree.git("am", "--quiet", "--keep-cr", "--keep-non-patch", "--committer-date-is-author-date", stdin=mbox.encode())
        return worktree.head()
    finally:
        _clear(repository, place)


def _clear(repository: Repository, place: Path) -> None:
    """No worktree stands in `place`, whole or half made, and the repository knows of none there."""
    with contextlib.suppress(GitError):
        repository.git("worktree", "remove", "--force", "--force", str(place))
    shutil.rmtree(place, ignore_errors=True)
    repository.git("worktree", "prune")


def _refuse_the_unexpected(modes: dict[str, str], allowed: set[str]) -> None:
    """What counts is what git made of the patch: it finds changes in commit messages too, and no reading of the text sees all it sees."""
    if unexpected := sorted(modes.keys() - allowed):
        raise PublishError(f"The patch changes {', '.join(unexpected[:5])}, which it did not name.")
    if links := sorted(path for path, mode in modes.items() if mode in LINKS):
        raise PublishError(f"The patch makes a symbolic link or a submodule: {', '.join(links[:5])}.")


def _point(repository: Repository, branch: str, head: str) -> None:
    reference = f"refs/heads/{branch}"
    found = repository.git("for-each-ref", "--format=%(objectname)", reference).strip()
    if not found:
        repository.git("update-ref", reference, head, "0" * 40)
    elif found != head and not repository.is_ancestor(head, found):
        raise PublishError(f"{branch} exists already and holds other work.")
