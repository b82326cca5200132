"""What limits the work: the policy, kill switches, breakers, and what the gates decided."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from dispatch import issues, spawning
from dispatch.kit.shapes import Shape
from dispatch.spawning import (
    BreakerNow,
    BreakerRef,
    DecisionFilter,
    DecisionPage,
    KillSwitch,
    NewSwitch,
    Policy,
    PolicyChange,
    Verdict,
)
from functions.api.callers import Admin, Reader, Spawner
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["limits"])
Limit = Annotated[int, Query(ge=1, le=200)]


class Versions(Shape):
    """Versions of the policy, newest first; the next page is `before` the last."""

    items: list[Policy]
    next_before: int | None


class Switches(Shape):
    """Kill switches, newest first."""

    items: list[KillSwitch]


class Breakers(Shape):
    """Breakers that have seen a failure, the latest first."""

    items: list[BreakerNow]


@router.get("/policy")
def get_policy(work: TheWork, caller: Reader) -> Policy:
    """The policy in force."""
    return spawning.get_policy(work)


@router.put("/policy")
def change_policy(work: TheWork, caller: Admin, change: PolicyChange) -> Policy:
    """The limits are changed, as a new version. 409 where `version` is not the newest."""
    return spawning.change_policy(work, change, actor=caller.actor)


@router.get("/policy/versions")
def list_versions(work: TheWork, caller: Reader, before: Annotated[int | None, Query(ge=1)] = None, limit: Limit = 50) -> Versions:
    """Versions of the policy, newest first."""
    found = spawning.list_versions(work, before=before, limit=limit)
    return Versions(items=found, next_before=found[-1].version if len(found) == limit and found[-1].version > 1 else None)


@router.get("/kill-switches")
def list_switches(work: TheWork, caller: Reader, limit: Limit = 50) -> Switches:
    """Kill switches, closed and opened again, with what they stopped."""
    return Switches(items=spawning.list_switches(work, limit=limit))


@router.post("/kill-switches", status_code=201)
def close_switch(work: TheWork, caller: Spawner, new: NewSwitch) -> KillSwitch:
    """Nothing in its scope starts any more, and what runs in it is ended. 409 where it is closed already."""
    return spawning.close_switch(work, new, actor=caller.actor)


@router.post("/kill-switches/{switch}/open")
def open_switch(work: TheWork, caller: Admin, switch: UUID) -> KillSwitch:
    """What it stopped may start again."""
    return spawning.open_switch(work, switch, actor=caller.actor)


@router.post("/breakers/reset")
def reset_breaker(work: TheWork, caller: Spawner, ref: BreakerRef) -> Breakers:
    """The breaker forgets its failures; those that are left."""
    return Breakers(items=spawning.reset_breaker(work, ref))


@router.get("/decisions")
def list_decisions(
    work: TheWork,
    caller: Reader,
    issue: str | None = None,
    verdict: Verdict | None = None,
    gate: Annotated[str | None, Query(max_length=40)] = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> DecisionPage:
    """What the gates said, newest first."""
    wanted = DecisionFilter(issue_id=issues.get_issue_id(work, issue) if issue else None, verdict=verdict, gate=gate)
    return spawning.list_decisions(work, wanted, cursor=cursor, limit=limit)
