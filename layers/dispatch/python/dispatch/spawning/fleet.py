"""What runs, what waits, why, and what waits for a person: the views over all runs."""

from datetime import UTC, datetime, time
from uuid import UUID

from dispatch import issues, runs, stream
from dispatch.kit.events import Event
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.spawning import policy, store
from dispatch.spawning.shapes import Decision, Fleet, InboxItem, MoneyToday, Slots, SpawnsToday, Used


def fleet(work: Work) -> Fleet:
    """The fleet as it is now. Days begin at 00:00 UTC."""
    _, limits = policy.current(work)
    counts = store.select_counts(work.conn, at=work.now)
    error, prd = counts["running_error"], counts["running_prd"]
    left = limits.daily_cost_limit_usd - counts["settled_usd"] - counts["reserved_usd"]
    return Fleet(
        running=runs.list_unfinished(work),
        waiting=store.select_spawns(work.conn, spawn_id=None, waiting=True),
        slots=Slots(
            used=error + prd,
            total=limits.max_concurrent_spawns,
            error=Used(used=error, total=limits.max_concurrent_spawns_error),
            prd=Used(used=prd, total=limits.max_concurrent_spawns_prd),
        ),
        money=MoneyToday(
            limit_usd=limits.daily_cost_limit_usd,
            settled_usd=counts["settled_usd"],
            reserved_usd=counts["reserved_usd"],
            left_usd=left,
        ),
        spawns_today=SpawnsToday(
            error=Used(used=counts["spawns_today_error"], total=limits.daily_spawn_budget_error),
            prd=Used(used=counts["spawns_today_prd"], total=limits.daily_spawn_budget_prd),
        ),
        outcomes_today=runs.outcomes_since(work, _midnight(work.now)),
        kill_switch=settings().spawn_kill_switch,
    )


def publish_fleet(work: Work) -> None:
    """Whoever watches the fleet hears that it changed, and reads it once for however many changes: it may be long, and is never pushed."""
    stream.publish_latest(work, "fleet", Event.FLEET_CHANGED, dict)


def inbox(work: Work, *, limit: int = 100) -> list[InboxItem]:
    """What waits for a person: plans, questions, blockers, failures; oldest first."""
    return store.select_inbox(work.conn, limit=min(limit, 200))


def why(work: Work, ref: str | UUID, *, limit: int = 50) -> list[Decision]:
    """What the gates said about the issue's spawns, newest first, with their inputs and what would turn them."""
    return store.select_decisions(work.conn, issues.get_issue(work, ref).id, limit=min(limit, 200))


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)
