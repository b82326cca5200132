"""What is known of a fix attempt that is in production, as its verdict takes it."""

from datetime import datetime, timedelta
from uuid import UUID

from dispatch import families
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.verification import store
from dispatch.verification.shapes import FixAttempt
from dispatch.verification.verdict import LOOKED_BACK, Facts


def facts_of(
    work: Work, attempt: FixAttempt, family_id: UUID, *, counting_at: datetime | None = None, traffic_ratio: float | None = None
) -> Facts:
    """What is known of the deployed attempt and its error."""
    assert attempt.deployed_at  # noqa: S101 - only what is in production is judged
    hours = store.select_active_hours(work.conn, family_id, since=attempt.deployed_at - LOOKED_BACK, until=attempt.deployed_at)
    return Facts(
        hours=tuple(hours),
        deployed_at=attempt.deployed_at,
        quiet_since=quiet_since(work, attempt, family_id),
        at_most_until=attempt.at_most_until,
        window=window(),
        traffic_ratio=traffic_ratio,
        is_firing=families.is_firing(work, family_id),
        counting_at=counting_at,
        seen=sum(one.times for one in attempt.seen if one.counts) + (counting_at is not None),
        ignored=sum(one.times for one in attempt.seen if not one.counts),
    )


def quiet_since(work: Work, attempt: FixAttempt, family_id: UUID) -> datetime:
    """Since when nothing at all was seen. What does not count is heard too: while an older release fails, the fix is not all that runs."""
    assert attempt.deployed_at  # noqa: S101 - only what is in production is judged
    last = store.find_quiet_since(work.conn, family_id, since=attempt.deployed_at)
    return max(attempt.deployed_at, last) if last else attempt.deployed_at


def window() -> timedelta:
    """How long a fix is watched at least."""
    return timedelta(hours=settings().verification_hours)
