"""The figures of the last whole minute, for whoever watches the instance from outside."""

from datetime import timedelta
from decimal import Decimal

from dispatch.kit.work import Work
from dispatch.spawning import figures_store
from dispatch.spawning.books import open_books
from dispatch.spawning.figure_shapes import Figures

MINUTE = timedelta(minutes=1)


def figures(work: Work) -> Figures:
    """What happened in the minute before this one, what waits and runs, and today's money (UTC), as the gates count it."""
    until = work.now.replace(second=0, microsecond=0)
    books, _, limits = open_books(work)
    settled = sum((one.settled_usd for one in books.today), Decimal())
    reserved = sum((run.reserve_usd for run in books.unfinished), Decimal())
    limit = limits.daily_cost_limit_usd
    return Figures(
        **figures_store.count_minute(work.conn, since=until - MINUTE, until=until).model_dump(),
        runs_unfinished=len(books.unfinished),
        settled_usd=settled,
        reserved_usd=reserved,
        ledger_used=(settled + reserved) / limit if limit else Decimal(bool(settled + reserved)),
    )
