"""Sightings of an error whose fix is watched, or whose issue is closed: which of them say that the fix has failed, and which do not."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dispatch import deployments, families, issues
from dispatch.families import Family, NewSighting, Origin, Sighting
from dispatch.kit.work import Work
from dispatch.verification import store
from dispatch.verification.ending import fail
from dispatch.verification.shapes import FixAttempt, FixState, Held
from dispatch.verification.windows import facts_of

DRAIN = timedelta(minutes=10)  # so long after a deployment processes of the release before may still be ending
LOOKED_AT = 200  # sightings since a deployment that was heard of late
COMMIT = re.compile(r"[0-9a-f]{40}")
ALERTS = {Origin.GRAFANA, Origin.ALERTMANAGER}
MINUTES = f"{DRAIN // timedelta(minutes=1)} minutes"


@dataclass(frozen=True, slots=True)
class Seen:
    """When an error was seen. An alert is told again and again: what counts is when it began."""

    at: datetime
    is_alert: bool
    release: str | None


def hear_sighting(work: Work, issue_id: UUID, family: Family, sighting: NewSighting) -> Held | None:
    """The issue's fix attempt has failed by the sighting, or it is noted why it does not count; None where none is watched.

    The caller holds the family.
    """
    issues.get_issue(work, issue_id, lock=True)
    attempt = find_newest(work, issue_id, lock=True)
    if attempt is None or attempt.state in {FixState.VERIFIED, FixState.FAILED}:
        return None
    held = hold_to(work, attempt, _seen(sighting))
    store.note_sighting(work.conn, attempt.id, because=held.because, counts=held.counts, at=sighting.last_seen)
    if held.counts:
        counting_at = _seen(sighting).at
        fail(work, attempt, facts_of(work, attempt, family.id, counting_at=counting_at), family.id)
    return held


def is_from_before_fix(work: Work, issue_id: UUID, sighting: NewSighting) -> bool:
    """Whether the sighting says nothing of the closed issue: it is from before the fix or the closing, or from an older release."""
    attempt, seen = find_newest(work, issue_id, lock=False), _seen(sighting)
    if attempt and attempt.deployed_at:
        return not hold_to(work, attempt, seen).counts
    closed_at = issues.find_closed_at(work, issue_id)
    return closed_at is not None and seen.at <= closed_at


def find_counting(work: Work, attempt: FixAttempt, family_id: UUID) -> datetime | None:
    """When the error was first seen since in a way that counts: what was heard before the deployment was."""
    found = families.list_sightings(work, family_id, since=attempt.deployed_at, limit=LOOKED_AT).items
    return min((_seen(one).at for one in found if hold_to(work, attempt, _seen(one)).counts), default=None)


def find_newest(work: Work, issue_id: UUID, *, lock: bool) -> FixAttempt | None:
    """The issue's newest attempt; `lock` holds it. The issue is held before."""
    newest = next(iter(store.select_attempts(work.conn, issue_id, limit=1)), None)
    return store.select_attempt(work.conn, newest.id, lock=True) if newest and lock else newest


def hold_to(work: Work, attempt: FixAttempt, seen: Seen) -> Held:
    """Whether the sighting counts against the attempt, and why."""
    if attempt.deployed_at is None or attempt.rollout_at is None:
        return Held(counts=False, because="No deployment contains the fix yet.")
    if seen.at < attempt.deployed_at:
        what = "The alert began" if seen.is_alert else "It was seen"
        return Held(counts=False, because=f"{what} before the deployment.")
    if seen.at < attempt.deployed_at + DRAIN:
        return Held(counts=False, because=f"It was seen within {MINUTES} of the deployment, while older processes may still be ending.")
    if seen.release and _is_older(work, attempt, seen.release):
        return Held(counts=False, because=f"It came from release {seen.release}, which does not contain the fix.")
    return Held(counts=True, because=f"It was seen in release {seen.release}." if seen.release else "It was seen after the deployment.")


def _is_older(work: Work, attempt: FixAttempt, release: str) -> bool:
    """By the release's commit where it names one that is known; else by whether anybody had heard of it before the deployment began."""
    if attempt.deployed_sha and release == attempt.deployed_sha:
        return False
    if COMMIT.fullmatch(release):
        contained = [
            deployments.known_to_contain(work, commit.repository, commit.sha, release)
            for commit in store.select_commits(work.conn, attempt.id)
            if commit.sha
        ]
        if contained and None not in contained:
            return False in contained
    heard_at = families.first_heard_of(work, release)
    return heard_at is not None and attempt.rollout_at is not None and heard_at < attempt.rollout_at


def _seen(sighting: NewSighting | Sighting) -> Seen:
    is_alert = sighting.origin in ALERTS
    return Seen(at=sighting.first_seen if is_alert else sighting.last_seen, is_alert=is_alert, release=sighting.release)
