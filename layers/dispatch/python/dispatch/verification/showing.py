"""How an issue's error stands: its fix attempts, and the chart of when it was seen."""

from datetime import datetime, timedelta
from itertools import chain

from dispatch import families, issues
from dispatch.kit.work import Work
from dispatch.verification import store
from dispatch.verification.shapes import Fix, FixAttempt, FixChart, FixFamily, FixState, Mark

STEP = timedelta(hours=1)
BEFORE = timedelta(days=7)  # of the chart, before the first merge that it shows
WIDEST = timedelta(days=28)
SHOWN = 20  # attempts


def get_fix(work: Work, ref: str) -> Fix:
    """How the issue's error stands. Raises IssueNotFound."""
    issue_id = issues.get_issue_id(work, ref)
    family = store.find_family(work.conn, issue_id)
    attempts = store.select_attempts(work.conn, issue_id, limit=SHOWN)
    return Fix(
        family=family,
        attempts=attempts,
        chart=_chart(work, family, attempts) if family else None,
        closing_needs_reason=issues.closing_needs_reason(work, issue_id),
    )


def _chart(work: Work, family: FixFamily, attempts: list[FixAttempt]) -> FixChart:
    first = min((attempt.merged_at for attempt in attempts), default=work.now)
    since = _hour(max(first - BEFORE, work.now - WIDEST))
    counts = [0] * ((_hour(work.now) - since) // STEP + 1)
    for hour in families.count_by_hour(work, family.id, since, work.now):
        counts[(hour.at - since) // STEP] = hour.count
    marks = sorted(chain.from_iterable(map(_marks, attempts)), key=lambda mark: mark.at)
    return FixChart(since=since, until=work.now, step_s=int(STEP.total_seconds()), counts=counts, marks=marks)


def _marks(attempt: FixAttempt) -> list[Mark]:
    marks = [Mark(at=attempt.merged_at, what="merged")]
    if attempt.deployed_at:
        marks.append(Mark(at=attempt.deployed_at, what="deployed"))
    match attempt.state:
        case FixState.VERIFIED | FixState.FAILED | FixState.UNPROVEN as verdict if attempt.decided_at:
            marks.append(Mark(at=attempt.decided_at, what=verdict.value))
        case _:
            pass
    return marks


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
