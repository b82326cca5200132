"""The publish job: an accepted patch becomes a branch. No agent code runs here, and the person's checkout is not touched."""

import json
import logging
import re
import tempfile
from pathlib import Path

from agent.repository import GitError, Repository
from agent.server import MissingError, RefusedError, Server, StaleClaimError, UnreachableError, insist
from agent.settings import MissingSettingError, Settings

BRANCH = re.compile(r"dispatch/[a-z0-9][a-z0-9._-]*")  # only ever a branch of our own, so never the base branch
LINKS = {"120000", "160000"}  # git's modes of symbolic links and of submodules
PATIENCE_S = 600.0

logger = logging.getLogger(__name__)


class PublishError(Exception):
    """The patch could not be put on its branch."""


def publish(settings: Settings) -> int:
    """The run's accepted patch stands on its own branch and the server knows. Answers 0 then, and where there is nothing to publish."""
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
        published = put_on_branch(
            repository, branch=patch["branch"], base=patch["base_commit"], mbox=patch["mbox"], allowed=set(patch["files"])
        )
        insist(lambda: server.report_published(published), patience_s=PATIENCE_S)
    except (StaleClaimError, MissingError) as error:
        logger.info("nothing to publish: %s", error)
        return 0
    except (RefusedError, UnreachableError, GitError, PublishError) as error:
        logger.error("not published: %s", error)  # noqa: TRY400
        return 1
    print(json.dumps(published))
    return 0


def put_on_branch(repository: Repository, *, branch: str, base: str, mbox: str, allowed: set[str]) -> dict[str, object]:
    """`branch` holds `mbox` applied on `base`, which changed no path but those `allowed`. Raises `PublishError`, `GitError`.

    Answers the protocol's report of it.
    The same patch gives the same commits (committer's date is the author's), so a repetition finds its branch already there.
    """
    if not BRANCH.fullmatch(branch) or branch.endswith(".lock"):
        raise PublishError(f"{branch} is not a branch of Dispatch's own.")
    head = _apply(repository, base, mbox)
    _refuse_the_unexpected(repository.changed_modes(base, head), allowed)
    _point(repository, branch, head)
    return {"branch": branch, "head_commit": head, "commits": repository.commits_between(base, head)}


def _apply(repository: Repository, base: str, mbox: str) -> str:
    with tempfile.TemporaryDirectory(prefix="dispatch-publish-") as folder:
        place = Path(folder) / "worktree"
        repository.git("worktree", "add", "--quiet", "--detach", str(place), base)
        try:
            worktree = Repository(place, repository.environment)
            worktree.git("am", "--quiet", "--keep-cr", "--keep-non-patch", "--committer-date-is-author-date", stdin=mbox.encode())
            return worktree.head()
        finally:
            repository.git("worktree", "remove", "--force", str(place))


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
