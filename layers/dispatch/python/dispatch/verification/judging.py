"""What is judged when its window has ended, and what a person has watched on. Logs are asked with no work open."""

from datetime import datetime, timedelta
from uuid import UUID

from dispatch import families, issues, logs
from dispatch.kit.actors import Actor
from dispatch.kit.errors import DispatchError
from dispatch.kit.events import Event
from dispatch.kit.log import logger
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.verification import store
from dispatch.verification.ending import announce, decide, get_attempt, tell
from dispatch.verification.shapes import FixAttempt, FixState, NothingToWatch, WatchOn
from dispatch.verification.sightings import find_counting, find_newest
from dispatch.verification.sweeping import do_each
from dispatch.verification.verdict import LOOKED_BACK, Facts, Ruling, verdict
from dispatch.verification.windows import facts_of

AT_ONCE = 20
NEVER_DEPLOYED = "It was merged two weeks ago, and never came to production: nobody can say whether it is a fix."


def judge() -> int:
    """Every attempt whose window has ended has its verdict, or is watched on; returns how many were looked at. Opens works of its own."""
    with open_work() as unit:
        due = store.select_due(unit.conn, at=unit.now, limit=AT_ONCE)
    return do_each(_judge, due)


def watch_on(work: Work, ref: str, wanted: WatchOn, *, actor: Actor) -> FixAttempt:
    """The issue's unproven fix is watched for so long from now. Raises IssueNotFound, NothingToWatch."""
    issue = issues.get_issue(work, ref, lock=True)
    attempt = find_newest(work, issue.id, lock=True)
    if attempt is None or attempt.state is not FixState.UNPROVEN or issue.status.is_closed:
        raise NothingToWatch
    until = work.now + timedelta(hours=wanted.hours)
    reason = f"{actor.name} has it watched until {until:%d %B, %H:%M} UTC."
    if attempt.deployed_at:
        store.set_until(work.conn, attempt.id, watch_until=until, at_most_until=until, numbers=attempt.numbers, reason=reason)
    else:
        store.set_awaiting(work.conn, attempt.id, at_most_until=until, reason=reason)
    tell(work, attempt, Event.FIX_EXTENDED, Ruling(FixState.WATCHING, attempt.numbers, reason), actor=actor)
    announce(work, attempt.id)
    return get_attempt(work, attempt.id)


def _judge(attempt_id: UUID) -> bool:
    with open_work() as unit:
        attempt = get_attempt(unit, attempt_id)
        family = families.find_by_issue(unit, attempt.issue_id)
        facts = facts_of(unit, attempt, family.id) if family and attempt.deployed_at else None
        now = unit.now
    ratio = _traffic_ratio(family.source, facts, now) if family and facts else None
    with open_work() as unit:
        held = store.hold_family(unit.conn, attempt.issue_id)
        issues.get_issue(unit, attempt.issue_id, lock=True)
        attempt = get_attempt(unit, attempt_id, lock=True)
        if held and _is_due(attempt, unit.now):
            _rule(unit, attempt, held.id, ratio)
        return held is not None


def _is_due(attempt: FixAttempt, now: datetime) -> bool:
    """Whether it still is: others may have judged it meanwhile."""
    until = attempt.watch_until if attempt.state is FixState.WATCHING else attempt.at_most_until
    return attempt.state.is_unfinished and until is not None and until <= now


def _rule(work: Work, attempt: FixAttempt, family_id: UUID, ratio: float | None) -> None:
    if attempt.deployed_at is None:
        decide(work, attempt, Ruling(FixState.UNPROVEN, None, NEVER_DEPLOYED), family_id)
        return
    counting_at = find_counting(work, attempt, family_id)
    ruling = verdict(facts_of(work, attempt, family_id, counting_at=counting_at, traffic_ratio=ratio), work.now)
    if ruling.until is None:
        decide(work, attempt, ruling, family_id)
        return
    told = Ruling(ruling.state, ruling.numbers, f"{ruling.reason} It is watched on until {ruling.until:%d %B, %H:%M} UTC.")
    store.set_until(
        work.conn, attempt.id, watch_until=ruling.until, at_most_until=attempt.at_most_until, numbers=told.numbers, reason=told.reason
    )
    if not attempt.reason.startswith(ruling.reason):  # said once, not each time that it is looked at
        tell(work, attempt, Event.FIX_EXTENDED, told)
    announce(work, attempt.id)


def _traffic_ratio(source: str, facts: Facts, now: datetime) -> float | None:
    """An hour's traffic of the source since, over an hour's before; None where nobody knows, which delays a verdict and prevents none."""
    since = max(facts.hours[0] if facts.hours else facts.deployed_at, facts.deployed_at - LOOKED_BACK)
    try:
        before = logs.traffic(source, since, facts.deployed_at)
        after = logs.traffic(source, facts.quiet_since, now)
    except DispatchError as error:
        logger.warning("traffic could not be asked", source=source, reason=error.sentence)
        return None
    if not before or after is None or now <= facts.quiet_since or since >= facts.deployed_at:
        return None
    return (after / (now - facts.quiet_since).total_seconds()) / (before / (facts.deployed_at - since).total_seconds())
