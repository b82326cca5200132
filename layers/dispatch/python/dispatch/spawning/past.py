"""Looking back: the ledger line by line, and what the last days came to."""

from datetime import UTC, date, timedelta
from decimal import Decimal

from dispatch.kit.shapes import from_cursor, to_cursor
from dispatch.kit.work import Work
from dispatch.spawning import past_store
from dispatch.spawning.past_shapes import LedgerPage, Stats


def list_ledger(work: Work, *, day: date | None = None, cursor: str | None = None, limit: int = 100) -> LedgerPage:
    """The ledger's lines, newest first, of one day (UTC) or of all. Raises BadInput for a cursor that is not ours.

    A day's `reserved_usd` is what its own reserves still hold; what yesterday's runs hold is in the total without a day.
    """
    limit = max(1, min(limit, 500))
    after = from_cursor(cursor, 1)
    found = past_store.select_ledger(work.conn, day=day, before=after[0] if after else None, limit=limit + 1)
    return LedgerPage(
        items=found[:limit],
        next_cursor=to_cursor(found[limit - 1].id) if len(found) > limit else None,
        totals=past_store.select_totals(work.conn, day=day),
    )


def stats(work: Work, *, days: int = 30) -> Stats:
    """The last `days` days with today, by day and by workflow."""
    last = work.now.astimezone(UTC).date()
    first = last - timedelta(days=days - 1)
    by_day = past_store.select_days(work.conn, first=first, last=last)
    settled = sum((day.settled_usd for day in by_day), Decimal())
    published = sum(day.published for day in by_day)
    return Stats(
        days=days,
        by_day=by_day,
        by_workflow=past_store.select_workflows(work.conn, first=first, last=last),
        cost_per_patch_usd=settled / published if published else None,
        not_spent_usd=past_store.sum_not_spent(work.conn, first=first),
    )
