"""Since when a fix is in production: by the deployments that contain its merge. A schedule looks; GitHub is asked with no work open."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from dispatch import deployments, issues
from dispatch.deployments import Deployment
from dispatch.kit.events import Event
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.verification import store
from dispatch.verification.ending import announce, fail, get_attempt, tell
from dispatch.verification.shapes import Commit, FixAttempt, FixState
from dispatch.verification.sightings import find_counting
from dispatch.verification.sweeping import do_each
from dispatch.verification.verdict import LONGEST, Ruling
from dispatch.verification.windows import facts_of, window

AT_ONCE = 50
IN_USE = timedelta(days=30)  # an environment that nothing was deployed to for so long before the merge is not production any more
Contains = Callable[[str], bool | None]


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment that brought a fix to production. `environment` None: none are known, and the merge is held to be one."""

    environment: str | None
    sha: str | None
    began_at: datetime
    ended_at: datetime


class NotKnown(Exception):
    """GitHub could not say whether a deployment contains the commit."""


def watch() -> int:
    """Every fix that has come to production is watched, and one that was taken out again waits; returns how many have changed.

    Opens works of its own.
    """
    with open_work() as unit:
        found = store.take_open(unit.conn, at=unit.now, limit=AT_ONCE)
    return do_each(_look_at, found)


def find_place(found: list[Deployment], merged_at: datetime, contains: Contains) -> Place | None:
    """Since when the commit is in production, whose deployments are given oldest first; None while it is not, everywhere. Raises NotKnown.

    Of each environment its newest deployment decides: where that does not contain the commit, it is not there, whatever was before.
    """
    by_environment = groupby(sorted(found, key=_environment), key=_environment)
    places = [_place_in(list(there), merged_at, contains) for _, there in by_environment]
    return None if None in places else max(filter(None, places), key=lambda place: place.ended_at, default=None)


def _look_at(attempt_id: UUID) -> bool:
    with open_work() as unit:
        commits = store.select_commits(unit.conn, attempt_id)
        known = [_deployments_of(unit, commit) for commit in commits]
        now = unit.now
    try:
        places = [_find(commit, found, now) for commit, found in zip(commits, known, strict=True)]
    except NotKnown:
        return False
    with open_work() as unit:
        attempt = get_attempt(unit, attempt_id)
        family = store.hold_family(unit.conn, attempt.issue_id)
        issues.get_issue(unit, attempt.issue_id, lock=True)
        attempt = get_attempt(unit, attempt_id, lock=True)
        if family is None or len(store.select_commits(unit.conn, attempt_id)) != len(commits):
            return False
        whole = None if None in places else max(filter(None, places), key=lambda place: place.ended_at, default=None)
        return _settle(unit, attempt, family.id, whole)


def _deployments_of(work: Work, commit: Commit) -> list[Deployment] | None:
    """What came to production since a while before the merge; None where no deployment of the repository was ever heard of."""
    is_known = deployments.is_known(work, commit.repository)
    return deployments.list_succeeded(work, commit.repository, commit.merged_at - IN_USE) if is_known else None


def _find(commit: Commit, found: list[Deployment] | None, now: datetime) -> Place | None:
    if found is None:
        after = commit.merged_at + timedelta(minutes=settings().verify_without_deployments_minutes)
        return Place(None, None, commit.merged_at, after) if now >= after else None
    sha = commit.sha
    if sha is None:
        return None
    return find_place(found, commit.merged_at, lambda deployed: deployments.contains(commit.repository, sha, deployed))


def _environment(deployment: Deployment) -> str:
    return deployment.environment.lower()


def _place_in(there: list[Deployment], merged_at: datetime, contains: Contains) -> Place | None:
    """The first of the newest deployments that contain the commit without a break; None where the newest does not."""
    place = None
    for deployment in sorted(there, key=lambda one: one.ended_at or one.heard_at, reverse=True):
        ended_at = deployment.ended_at or deployment.heard_at
        is_in = ended_at > merged_at and contains(deployment.sha)
        if is_in is None:
            raise NotKnown
        if not is_in:
            break
        place = Place(deployment.environment, deployment.sha, deployment.began_at, ended_at)
    return place


def _settle(work: Work, attempt: FixAttempt, family_id: UUID, place: Place | None) -> bool:
    """The held attempt stands as its place says; whether that is news."""
    if attempt.state in {FixState.VERIFIED, FixState.FAILED}:
        return False
    if place is None:
        return attempt.state is FixState.WATCHING and _take_out(work, attempt)
    if attempt.deployed_at == place.ended_at or (attempt.state is FixState.UNPROVEN and attempt.deployed_at):
        return False
    _put_in(work, attempt, place)
    _fail_by_what_was_seen(work, attempt.id, family_id)
    return True


def _put_in(work: Work, attempt: FixAttempt, place: Place) -> None:
    where = f"Commit {place.sha[:7]} with it came to {place.environment}" if place.sha else "No deployments are known; it was merged"
    hours = settings().verification_hours
    reason = f"{where} at {place.ended_at:%d %B, %H:%M} UTC. It is watched for {hours} hours at least."
    store.set_watching(
        work.conn,
        attempt.id,
        environment=place.environment,
        rollout_at=place.began_at,
        deployed_at=place.ended_at,
        deployed_sha=place.sha,
        watch_until=place.ended_at + window(),
        at_most_until=place.ended_at + LONGEST,
        reason=reason,
    )
    tell(work, attempt, Event.FIX_WATCHED, Ruling(FixState.WATCHING, None, reason))
    announce(work, attempt.id)


def _take_out(work: Work, attempt: FixAttempt) -> bool:
    reason = "What runs in production now does not contain it any more. It is watched anew once something that does is deployed."
    store.set_awaiting(work.conn, attempt.id, at_most_until=work.now + LONGEST, reason=reason)
    tell(work, attempt, Event.FIX_WATCHED, Ruling(FixState.AWAITING_DEPLOY, None, reason))
    announce(work, attempt.id)
    return True


def _fail_by_what_was_seen(work: Work, attempt_id: UUID, family_id: UUID) -> None:
    """A deployment may be heard of long after it was: what was seen since counts."""
    attempt = get_attempt(work, attempt_id, lock=True)
    if counting_at := find_counting(work, attempt, family_id):
        fail(work, attempt, facts_of(work, attempt, family_id, counting_at=counting_at), family_id)
