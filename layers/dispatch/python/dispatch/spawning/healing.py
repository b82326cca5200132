"""Errors that heal by themselves: what waited in case they would is withdrawn, and the money that was not spent for it is counted."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from dispatch.kit.actors import SYSTEM
from dispatch.kit.work import Work
from dispatch.spawning import books_store, locks, store
from dispatch.spawning.admitting import decide_on
from dispatch.spawning.books import open_books
from dispatch.spawning.fact_shapes import Decided
from dispatch.spawning.forecast import forecast_of
from dispatch.spawning.measures import needed_occurrences, usd
from dispatch.spawning.offering import withdraw

IN_CASE_IT_HEALS = {"cooldown", "occurrences", "deployment"}  # gates at which time tells


def note_healed(work: Work, issue_id: UUID, at: datetime) -> bool:
    """The error's alerts ended at that moment: the spawn that still waited in case they would is withdrawn; False where there was none.

    Where the error had been seen often enough to cost a run, what that would likely have cost counts as not spent. When the error comes
    back it asks anew. The work holds no issue yet.
    """
    if not locks.share_admission(work.conn, issue_id):
        return False
    spawn_id = store.find_waiting_by_itself(work.conn, issue_id)
    if spawn_id is None:
        return False
    books, version, limits = open_books(work)
    [one] = books_store.select_waiting(work.conn, [spawn_id])
    decided = decide_on(
        books, version, limits, one.asked, cause=one.cause, cap_usd=one.cap_usd, forced_because=one.forced_because, held=set()
    )
    cause = decided.facts.cause
    if decided.ruling.gate not in IN_CASE_IT_HEALS or cause is None:
        return False
    was_due = cause.occurrences >= needed_occurrences(cause, limits)
    not_spent_usd = _likely_usd(work, decided) if was_due else None
    withdraw(work, issue_id, actor=SYSTEM, because=_sentence(at, not_spent_usd), not_spent_usd=not_spent_usd)
    return True


def _likely_usd(work: Work, decided: Decided) -> Decimal:
    """What the run would have cost: the middle of its workflow's past, or what would have been set aside."""
    return forecast_of(work, decided.asked.workflow).likely_usd or decided.ruling.reserve_usd


def _sentence(at: datetime, not_spent_usd: Decimal | None) -> str:
    healed = f"The error healed by itself: its alerts ended at {at.astimezone(UTC):%H:%M} (UTC)"
    return f"{healed}, and about {usd(not_spent_usd)} was not spent." if not_spent_usd else f"{healed}, before it was seen often enough."
