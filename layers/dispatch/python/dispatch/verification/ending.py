"""A fix attempt's verdict, and what it moves: the issue, its story, the next attempt, the customers who follow it. Each once."""

from uuid import UUID

from dispatch import activity, families, issues, notices, spawning, stream
from dispatch.issues import IssueChange, Priority
from dispatch.kit.actors import SYSTEM, Actor
from dispatch.kit.events import Event
from dispatch.kit.work import Work
from dispatch.verification import store
from dispatch.verification.shapes import FixAttempt, FixState
from dispatch.verification.verdict import Facts, Ruling, verdict

CLOSED_AS = "Done"
MORE_URGENT = {Priority.P4: Priority.P3, Priority.P3: Priority.P2, Priority.P2: Priority.P1}


def decide(work: Work, attempt: FixAttempt, ruling: Ruling, family_id: UUID) -> None:
    """The attempt has this verdict, and everybody whom it concerns knows. The caller holds the family, the issue and the attempt."""
    store.set_decided(work.conn, attempt.id, ruling, at=work.now)
    match ruling.state:
        case FixState.VERIFIED:
            _close(work, attempt)
            tell(work, attempt, Event.FIX_VERIFIED, ruling, public=True)
            _notify(work, attempt, Event.FIX_VERIFIED, ruling)
        case FixState.FAILED:
            reopen(work, attempt.issue_id, is_more_urgent=True)
            families.want_spawn(work, family_id, is_renewed=True)
            tell(work, attempt, Event.FIX_FAILED, ruling, public=True)
            _notify(work, attempt, Event.FIX_FAILED, ruling)
        case _:
            tell(work, attempt, Event.FIX_UNPROVEN, ruling)
            _notify(work, attempt, Event.FIX_UNPROVEN, ruling)
    spawning.review_attempts(work, attempt.issue_id)
    announce(work, attempt.id)


def fail(work: Work, attempt: FixAttempt, facts: Facts, family_id: UUID) -> None:
    """The attempt has failed by the sighting in the facts."""
    decide(work, attempt, verdict(facts, work.now), family_id)


def tell(work: Work, attempt: FixAttempt, kind: Event, ruling: Ruling, *, actor: Actor = SYSTEM, public: bool = False) -> None:
    """The issue's story has an entry about the attempt, with its numbers."""
    said = {"fix_id": str(attempt.id), **attempt.pull.model_dump(), "reason": ruling.reason}
    numbers = {"numbers": ruling.numbers.model_dump()} if ruling.numbers else {}
    activity.add_activity(work, attempt.issue_id, kind, actor=actor, data=said | numbers, public=public)


def announce(work: Work, attempt_id: UUID) -> None:
    """Whoever looks at the issue, the errors or the inbox sees the attempt as it is now."""
    attempt = get_attempt(work, attempt_id)
    if attempt.family:
        families.publish_card(work, attempt.family.id, attempt.issue_id)
    stream.publish(work, f"issue:{attempt.issue_id}", Event.FIX_CHANGED, attempt)
    stream.publish_change(work, "inbox", Event.INBOX_CHANGED)


def get_attempt(work: Work, attempt_id: UUID, *, lock: bool = False) -> FixAttempt:
    """The attempt, which is known to exist; `lock` holds it until the work ends."""
    attempt = store.select_attempt(work.conn, attempt_id, lock=lock)
    assert attempt  # noqa: S101 - its id comes from a row
    return attempt


def reopen(work: Work, issue_id: UUID, *, is_more_urgent: bool = False) -> None:
    """The issue stands where new ones do, unless an agent is at it already."""
    issue = issues.get_issue(work, issue_id)
    first = next(status.name for status in issues.list_statuses(work) if not status.is_closed)
    priority = MORE_URGENT.get(issue.priority) if is_more_urgent else None
    issues.update_issue(work, issue.id, IssueChange(status=None if issue.running else first, priority=priority), actor=SYSTEM)


def _notify(work: Work, attempt: FixAttempt, kind: Event, ruling: Ruling) -> None:
    """Whoever listens elsewhere hears of it; the issue's customer is named, whose people follow it."""
    issue = issues.get_issue(work, attempt.issue_id)
    notices.queue(
        work,
        kind,
        key=f"{attempt.id}:{attempt.watch_until or attempt.at_most_until}",  # unproven, it may be watched on, and be told of again
        issue={"id": str(issue.id), "identifier": issue.identifier, "title": issue.title, "status": issue.status.name},
        data={
            "pull_request": attempt.pull.model_dump(),
            "reason": ruling.reason,
            "numbers": ruling.numbers.model_dump() if ruling.numbers else None,
        },
        watchers=[issue.customer.slug] if issue.customer else [],
    )


def _close(work: Work, attempt: FixAttempt) -> None:
    issues.note_verified(work, attempt.issue_id)
    if not issues.get_issue(work, attempt.issue_id).status.is_closed:
        issues.move_issue(work, attempt.issue_id, CLOSED_AS, actor=SYSTEM)
