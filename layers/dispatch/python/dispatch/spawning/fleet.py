"""What runs, what waits, why, and what waits for a person: the views over all runs."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from decimal import Decimal
from uuid import UUID

from dispatch import issues, runs
from dispatch.kit.settings import Limits
from dispatch.kit.shapes import from_cursor, to_cursor
from dispatch.kit.work import Work
from dispatch.runs import Bucket
from dispatch.spawning import store
from dispatch.spawning.books import open_books
from dispatch.spawning.fact_shapes import Books, Held, Ruling, SpentToday, Verdict
from dispatch.spawning.limit_shapes import SwitchScope
from dispatch.spawning.offering import rule_on
from dispatch.spawning.shapes import (
    Decision,
    DecisionFilter,
    DecisionPage,
    Fleet,
    InboxItem,
    MoneyToday,
    Purse,
    Slots,
    Spawn,
    SpawnsToday,
    Used,
)
from dispatch.spawning.switches import list_breakers, list_switches

WAITING = 200  # as many as a screen shows


def fleet(work: Work) -> Fleet:
    """The fleet as it is now. Days begin at 00:00 UTC."""
    books, version, limits = open_books(work)
    return Fleet(
        running=runs.list_unfinished(work),
        waiting=_waiting(work, books, version, limits),
        slots=_slots(books, limits),
        money=_money(work, books, limits),
        spawns_today=_spawns_today(books, limits),
        outcomes_today=runs.outcomes_since(work, _midnight(books.at)),
        kill_switch=any(switch.scope is SwitchScope.EVERYTHING for switch in books.kill_switches),
        kill_switches=list_switches(work, closed=True),
        breakers=list_breakers(work, limits),
        policy_version=version,
    )


def inbox(work: Work, *, limit: int = 100) -> list[InboxItem]:
    """What waits for a person: plans, questions, blockers, failures; oldest first."""
    return store.select_inbox(work.conn, limit=min(limit, 200))


def why(work: Work, ref: str | UUID, *, limit: int = 50) -> list[Decision]:
    """What the gates said about the issue's spawns, newest first, with their inputs and what would turn them."""
    wanted = DecisionFilter(issue_id=issues.get_issue_id(work, ref))
    return store.select_decisions(work.conn, wanted, before=None, limit=min(limit, 200))


def list_decisions(work: Work, wanted: DecisionFilter, *, cursor: str | None = None, limit: int = 50) -> DecisionPage:
    """What the gates said about all spawns that fit, newest first. Raises BadInput for a strange cursor."""
    after = from_cursor(cursor, 1)
    found = store.select_decisions(work.conn, wanted, before=after[0] if after else None, limit=limit + 1)
    return DecisionPage(items=found[:limit], next_cursor=to_cursor(found[limit - 1].id) if len(found) > limit else None)


def _waiting(work: Work, books: Books, version: int, limits: Limits) -> list[Spawn]:
    """What waits, each with the gates' sentence as of now: how often an error was seen and what is left of today change meanwhile."""
    waiting = store.list_waiting(work.conn, at=books.at, limit=WAITING)
    rulings = rule_on(work, books, version, limits, [spawn.id for spawn in waiting])
    return [_as_of_now(spawn, rulings.get(spawn.id)) for spawn in waiting]


def _as_of_now(spawn: Spawn, ruling: Ruling | None) -> Spawn:
    """One that would start now keeps its sentence until it does."""
    if ruling is None or ruling.verdict is not Verdict.WAITS:
        return spawn
    return spawn.model_copy(update=ruling.model_dump(include={"gate", "reason", "would_turn"}))


def _slots(books: Books, limits: Limits) -> Slots:
    error, prd = books.running(Bucket.ERROR), books.running(Bucket.PRD)
    return Slots(
        used=error + prd,
        total=limits.max_concurrent_spawns,
        error=Used(used=error, total=limits.max_concurrent_spawns_error),
        prd=Used(used=prd, total=limits.max_concurrent_spawns_prd),
    )


def _spawns_today(books: Books, limits: Limits) -> SpawnsToday:
    error, prd = books.started_today(Bucket.ERROR), books.started_today(Bucket.PRD)
    return SpawnsToday(
        error=Used(used=error, total=limits.daily_spawn_budget_error), prd=Used(used=prd, total=limits.daily_spawn_budget_prd)
    )


def _money(work: Work, books: Books, limits: Limits) -> MoneyToday:
    settled, reserved = _sums(books, lambda _: True)
    return MoneyToday(
        limit_usd=limits.daily_cost_limit_usd,
        settled_usd=settled,
        reserved_usd=reserved,
        left_usd=limits.daily_cost_limit_usd - settled - reserved,
        by_workflow=[
            _purse(books, name, limits.daily_cost_limit_by_workflow.get(name), lambda one, name=name: one.workflow == name)
            for name in sorted({one.workflow for one in [*books.unfinished, *books.today]} | set(limits.daily_cost_limit_by_workflow))
        ],
        by_customer=[
            _purse(
                books,
                customer.slug,
                limits.daily_cost_limit_by_customer.get(customer.slug, limits.daily_cost_limit_per_customer),
                lambda one, wanted=customer.id: one.customer_id == wanted,
            )
            for customer in store.select_customers(
                work.conn, [one.customer_id for one in [*books.unfinished, *books.today] if one.customer_id]
            )
        ],
    )


def _purse(books: Books, name: str, limit: Decimal | None, concerns: Callable[[Held | SpentToday], bool]) -> Purse:
    settled, reserved = _sums(books, concerns)
    return Purse(name=name, limit_usd=limit, settled_usd=settled, reserved_usd=reserved)


def _sums(books: Books, concerns: Callable[[Held | SpentToday], bool]) -> tuple[Decimal, Decimal]:
    """What is settled today and what is reserved, of those concerned."""
    settled = sum((one.settled_usd for one in books.today if concerns(one)), Decimal())
    return settled, sum((run.reserve_usd for run in books.unfinished if concerns(run)), Decimal())


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)
