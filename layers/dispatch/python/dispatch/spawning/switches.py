"""Stopping: kill switches, which a person closes and opens, and breakers, which open by themselves and heal."""

from uuid import UUID

from dispatch.kit.actors import Actor
from dispatch.kit.errors import BadInput, Conflict, NotFound
from dispatch.kit.ids import new_id
from dispatch.kit.settings import Limits
from dispatch.kit.work import Work
from dispatch.runs import workflow_named
from dispatch.spawning import policy, switch_store
from dispatch.spawning.admitting import lock_admission
from dispatch.spawning.ending import offer_freed, stop_run
from dispatch.spawning.limit_shapes import Breaker, BreakerNow, BreakerRef, KillSwitch, NewSwitch, SwitchScope
from dispatch.spawning.measures import is_open, tries_at
from dispatch.spawning.telling import publish_fleet


class ClosedAlready(Conflict):
    """This kill switch is closed already."""


class NotClosed(NotFound):
    """There is no such kill switch that is closed."""


def close_switch(work: Work, new: NewSwitch, *, actor: Actor) -> KillSwitch:
    """Nothing in the switch's scope starts any more, and what runs in it is ended: its claims are void and its runtimes are told.

    What waits in the queue keeps its place. Raises ClosedAlready, BadInput.
    """
    _check(new)
    lock_admission(work)
    switch_id = new_id()
    if not switch_store.insert_switch(work.conn, switch_id, new, by=actor, at=work.now):
        raise ClosedAlready
    for run_id in switch_store.select_in_scope(work.conn, new):
        stop_run(work, run_id, switch_id, f"Stopped by {actor.name}: {new.reason}", actor=actor)
    publish_fleet(work)
    return _get(work, switch_id)


def open_switch(work: Work, switch_id: UUID, *, actor: Actor) -> KillSwitch:
    """What the switch stopped may start again, and what waits is offered. Raises NotClosed."""
    lock_admission(work)
    if not switch_store.set_opened(work.conn, switch_id, by=actor, at=work.now):
        raise NotClosed
    publish_fleet(work)
    work.after_commit(offer_freed)
    return _get(work, switch_id)


def list_switches(work: Work, *, closed: bool = False, limit: int = 50) -> list[KillSwitch]:
    """Kill switches, newest first, with what they stopped; only those that are closed, or all."""
    return switch_store.select_switches(work.conn, switch_id=None, closed=closed, limit=min(limit, 200))


def list_breakers(work: Work, limits: Limits) -> list[BreakerNow]:
    """Breakers that have seen a failure, the latest first."""
    return [_breaker_now(breaker, limits) for breaker in switch_store.select_breakers(work.conn)]


def reset_breaker(work: Work, ref: BreakerRef) -> list[BreakerNow]:
    """The breaker is closed, and what waits is offered; returns those that have seen a failure still. Raises NotFound."""
    if not switch_store.reset_breaker(work.conn, scope=ref.scope, value=ref.value):
        raise NotFound(f"Nothing of {ref.scope} {ref.value[:50]} has failed.")
    publish_fleet(work)
    work.after_commit(offer_freed)
    return list_breakers(work, policy.current(work)[1])


def _check(new: NewSwitch) -> None:
    if (new.scope is SwitchScope.EVERYTHING) != (new.value == ""):
        raise BadInput("Say which, as `value`: a workflow, a repository or a family. For everything, leave it empty.")
    if new.scope is SwitchScope.WORKFLOW:
        workflow_named(new.value)


def _get(work: Work, switch_id: UUID) -> KillSwitch:
    return switch_store.select_switches(work.conn, switch_id=switch_id, closed=False, limit=1)[0]


def _breaker_now(breaker: Breaker, limits: Limits) -> BreakerNow:
    rests = is_open(breaker, limits)
    return BreakerNow(**breaker.model_dump(), open=rests, tries_at=tries_at(breaker, limits) if rests else None)
