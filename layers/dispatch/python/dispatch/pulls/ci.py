"""What a repository's own checks say of a pull request: heard by webhook, looked up where nothing was heard."""

from datetime import timedelta
from uuid import UUID

from dispatch.clients import github, github_pulls
from dispatch.clients.github_pulls import CiRun
from dispatch.kit.actors import SYSTEM, Actor, ActorKind
from dispatch.kit.events import Event
from dispatch.kit.log import logger
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.pulls import ci_store
from dispatch.pulls.service import announce, get_pull, hold_pull, tell
from dispatch.pulls.shapes import Failure, Pull

QUIET = timedelta(minutes=10)  # a check that starts by itself has started by then
LOOK_AGAIN = timedelta(minutes=10)
AT_ONCE = 5  # pull requests that one sweep asks GitHub about
KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 10_000
WHY = (
    "{names} should run on it. GitHub starts nothing for what a job pushes with its own token: give the workflows a token of yours as the "
    "secret DISPATCH_PUSH_TOKEN, or approve the checks on the pull request's page. Or their filters leave this change out."
)
CI = Actor(kind=ActorKind.GITHUB, name="CI")


def hear_ci_run(work: Work, run: CiRun) -> Pull | None:
    """The check is known as far as it has come; returns the pull request it is about. What is older than what is known changes nothing."""
    is_new = ci_store.upsert_ci_run(work.conn, run)
    pull_id = ci_store.find_pull(work.conn, run.repository, run.head_sha)
    if pull_id is None:
        return None
    pull = get_pull(work, pull_id)
    if is_new:
        if run.state == "failing":
            tell(work, pull, Event.CI_FAILED, actor=CI, check=run.name, check_url=run.url, attempt=run.attempt)
        announce(work, pull)
    return pull


def look_at_ci() -> int:
    """Of our open pull requests, those whose checks we did not hear of have been looked up; returns how many.

    Opens works of its own. Raises github.NoAnswer: they are looked up in ten minutes.
    """
    with open_work() as unit:
        ids = ci_store.select_unknown(unit.conn, quiet_since=unit.now - QUIET, looked_before=unit.now - LOOK_AGAIN, limit=AT_ONCE)
        ci_store.set_looked_at(unit.conn, ids, at=unit.now)
        found = [get_pull(unit, pull_id) for pull_id in ids]
    return sum(_look_at(pull) for pull in found)


def find_to_rerun(work: Work, *, limit: int) -> list[Failure]:
    """Checks of our own that failed at their first attempt: flaky or not, that is to be seen."""
    return ci_store.select_to_rerun(work.conn, limit=limit)


def note_rerun(work: Work, failure: Failure, *, refused: str | None) -> None:
    """The failed check was asked to run once more; or, where that was refused, its failure counts as it is."""
    ci_store.set_rerun(work.conn, failure.repository, failure.external_id, refused=refused, at=work.now)


def find_broken(work: Work, *, limit: int) -> list[Failure]:
    """What failed twice on our own pull requests, and no repair was asked for it yet."""
    return ci_store.select_broken(work.conn, limit=limit)


def list_failing(work: Work, pull_id: UUID) -> list[Failure]:
    """What fails on the pull request's newest commit."""
    return ci_store.select_failing(work.conn, pull_id)


def forget_old_checks(work: Work) -> int:
    """Checks older than 30 days are gone, those of open pull requests excepted; returns how many."""
    return ci_store.delete_before(work.conn, work.now - KEPT, limit=FORGOTTEN_AT_ONCE)


def _look_at(pull: Pull) -> bool:
    try:
        runs = github_pulls.list_ci_runs(pull.repository, pull.head_sha)
        because = None if runs else _why_missing(pull)
    except github.Refused as error:
        logger.warning("checks could not be looked up", pull=pull.name, reason=error.sentence)
        return False
    with open_work() as unit:
        for run in runs:
            hear_ci_run(unit, run)
        if because:
            _note_missing(unit, pull, because)
    return True


def _why_missing(pull: Pull) -> str | None:
    """Why no check has started; None where none should, or somebody else checks."""
    names = github_pulls.runs_on_pulls(pull.repository, pull.base_branch)
    if not names or github_pulls.has_other_checks(pull.repository, pull.head_sha):
        return None
    return WHY.format(names=", ".join(names[:3]))


def _note_missing(work: Work, pull: Pull, because: str) -> None:
    held = hold_pull(work, pull.id)
    if ci_store.set_missing(work.conn, pull.id, pull.head_sha, because, at=work.now):
        tell(work, held, Event.CI_NOT_STARTED, actor=SYSTEM, because=because)
        announce(work, get_pull(work, pull.id))
