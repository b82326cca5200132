"""The publish job: an accepted patch comes to its branch and, at GitHub, before people as a draft pull request.

No agent code runs here, and a person's checkout is not touched. It may be killed anywhere and run again: the same patch gives the same
branch and the same pull request, and what it left half done is cleared away first.
"""

import json
import logging
import os
import re
import time
from typing import Any

from agent import actions
from agent.applying import Accepted, PublishError, apply_patch
from agent.branches import GitHubBranches, LocalBranches
from agent.configuration import WHERE, read_configuration
from agent.pulls import NoPullError, Pulls
from agent.repository import GitError, Repository
from agent.server import MissingError, RefusedError, Server, StaleClaimError
from agent.settings import MissingSettingError, Settings
from agent.web import UnreachableError, insist

BRANCH = re.compile(r"dispatch/[a-z0-9][a-z0-9._-]*")  # only ever a branch of our own
PATIENCE_S = 600.0
TRIES, PAUSE_S = 3, 2.0  # git may find the repository locked by a person's own command, or GitHub away for a moment
GAVE_UP_EXIT = 3  # not published, and people know why: there is no use in running it again

Branches = LocalBranches | GitHubBranches

logger = logging.getLogger(__name__)


def publish(settings: Settings) -> int:
    """The run's accepted patch stands on its own branch and the server knows. Answers 0 then, and where there is nothing to publish.

    1: it may go better another time. `GAVE_UP_EXIT`: it will not, and the server knows why.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    publisher = Publisher(settings)
    server = publisher.server
    try:
        answer = insist(server.fetch_patch, patience_s=PATIENCE_S)
        if answer.get("verdict") != "accepted":
            logger.info("nothing to publish: the patch is %s", answer.get("verdict") or "missing")
            return 0
        return publisher.publish(Accepted.read(answer))
    except (StaleClaimError, MissingError) as error:
        logger.info("nothing to publish: %s", error)
        return 0
    except UnreachableError as error:
        logger.error("not published: %s", error)  # noqa: TRY400
        return 1
    except (RefusedError, GitError, PublishError) as error:
        return _report(server, str(error)) or GAVE_UP_EXIT


def give_up(settings: Settings) -> int:
    """People know that the patch stays unpublished, for the reason in DISPATCH_REASON. Answers 0 then, 1 where they could not be told."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    return _report(Server(settings), os.environ.get("DISPATCH_REASON") or "The publish job ended and did not say why.")


class Publisher:
    """One publish job: the repository it works in, where its branches live, and what the repository says of itself."""

    def __init__(self, settings: Settings) -> None:
        if settings.repository is None:
            raise MissingSettingError("DISPATCH_REPOSITORY is not set: there is nowhere to publish to.")
        if settings.github and not settings.github.token:
            raise MissingSettingError("GITHUB_TOKEN is not set: the publish job cannot push.")
        settings.home.mkdir(parents=True, exist_ok=True)
        self.server = Server(settings)
        self.place = settings.spool_dir / "publish"
        self.repository = Repository(settings.repository, settings.command_environment())
        self.configuration = read_configuration(settings.configuration or settings.repository / WHERE)
        self.branches: Branches = GitHubBranches(self.repository, settings.github) if settings.github else LocalBranches(self.repository)
        self.pulls = Pulls(settings.github) if settings.github else None

    def publish(self, patch: Accepted) -> int:
        """The patch is before people, and the server knows; answers the exit code."""
        if self.configuration.broken:
            raise PublishError(self.configuration.broken)
        published = self._put_patiently(patch)
        try:
            published |= {"pull": self._open_pull(patch, str(published["head_commit"]))}
        except NoPullError as error:
            _report(self.server, f"{patch.branch} is pushed, but it has no pull request. {error}")
            self._say(published | {"pull": None})
            return GAVE_UP_EXIT
        self._say(published)
        return 0

    def _say(self, published: dict[str, Any]) -> None:
        insist(lambda: self.server.report_published(published), patience_s=PATIENCE_S)
        print(json.dumps(published))

    def _put_patiently(self, patch: Accepted) -> dict[str, Any]:
        for number in range(1, TRIES):
            try:
                return self._put(patch)
            except GitError as error:
                logger.warning("try %s of %s: %s", number, TRIES, error)
                time.sleep(PAUSE_S * number)
        return self._put(patch)

    def _put(self, patch: Accepted) -> dict[str, Any]:
        """The patch stands on its branch; answers the protocol's report of it."""
        if not BRANCH.fullmatch(patch.branch) or patch.branch.endswith(".lock") or patch.branch in self._bases(patch):
            raise PublishError(f"{patch.branch} is not a branch of Dispatch's own.")
        head = apply_patch(self.repository, patch, protected=self.configuration.protected, place=self.place)
        put_on_branch(self.branches, patch, head)
        commits = self.repository.commits_between(patch.base_commit, head)
        return {"branch": patch.branch, "head_commit": head, "commits": commits}

    def _open_pull(self, patch: Accepted, head: str) -> dict[str, Any] | None:
        if self.pulls is None:
            return None
        base = patch.base_branch or self.configuration.base
        return self.pulls.ensure(patch.branch, base=base, title=patch.title, body=patch.body) | {"head_sha": head}

    def _bases(self, patch: Accepted) -> set[str | None]:
        return {patch.base_branch, self.configuration.base}


def put_on_branch(branches: Branches, patch: Accepted, head: str) -> None:
    """The patch's branch holds `head`: it moves there from where the patch lands, or held it. Raises `PublishError`, `GitError`."""
    stands = branches.find(patch.branch)
    if stands == patch.lands_on:
        branches.move(patch.branch, head, expected=stands)
    elif stands is None:
        raise PublishError(f"{patch.branch} is gone: the work cannot go on there.")
    elif stands != head and not branches.holds(patch.branch, head):
        raise PublishError(f"{patch.branch} exists already and holds other work.")


def _report(server: Server, reason: str) -> int:
    """The server knows why the patch is not published. Answers 0 then, and where there is no such patch; 1 where it could not be told."""
    logger.error("not published: %s", reason)
    actions.annotate("error", reason)
    try:
        insist(lambda: server.report_unpublished(reason[:2000]), patience_s=PATIENCE_S)
    except (StaleClaimError, MissingError) as error:
        logger.info("nobody waits for it: %s", error)
    except (RefusedError, UnreachableError) as error:
        logger.error("and that could not be told: %s", error)  # noqa: TRY400
        return 1
    return 0
