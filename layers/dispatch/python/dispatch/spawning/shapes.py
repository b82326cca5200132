"""The shapes of spawns: what is asked for, what the gates know, what they say, and what the fleet looks like."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from dispatch.kit.actors import Actor
from dispatch.kit.shapes import Line, Money, Shape, Words
from dispatch.runs import RunSummary
from dispatch.spawning.fact_shapes import Verdict
from dispatch.spawning.limit_shapes import BreakerNow, KillSwitch


class SpawnState(StrEnum):
    """Where a spawn is."""

    ADMITTED = "admitted"
    WAITING = "waiting"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class NewSpawn(Shape):
    """A request to start a run. `cap_usd` None means the policy's; `words` are a person's, for the agent.

    `continues` is a run of the same issue that has ended: the new one goes on from its work, and has what is left of its cap where it ended
    at its limits. `force_because` passes the gates that only pace the work (an admin's right); it is kept with the decision.
    """

    model_config = ConfigDict(extra="forbid")

    workflow: str
    words: Words = ""
    cap_usd: Money | None = Field(default=None, gt=0, le=1000)
    continues: UUID | None = None
    force_because: Line | None = None


class Round(Shape):
    """Why a further run on our own pull request is wanted: a review (`key`: its id), or checks that failed (`key`: their commit)."""

    id: UUID
    kind: Literal["review", "repair"]
    key: str
    said_by: str | None
    words: str


class CustomerRef(Shape):
    """A customer by name."""

    name: str
    slug: str


class CustomerKey(CustomerRef):
    """A customer by id and name."""

    id: UUID


class Spawn(Shape):
    """A request to start a run, and what became of it. `place` is its place in the queue, from 1; `automatic`: nobody asked for it."""

    id: UUID
    issue_id: UUID
    identifier: str
    priority: str
    customer: CustomerRef | None
    workflow: str
    automatic: bool
    forced_because: str | None
    state: SpawnState
    run_id: UUID | None
    place: int | None
    reason: str
    would_turn: str | None
    gate: str | None
    continues: UUID | None
    created_at: datetime


class Decision(Shape):
    """What the gates said about one spawn, with every input."""

    id: int
    spawn_id: UUID
    identifier: str
    at: datetime
    workflow: str
    verdict: Verdict
    gate: str | None
    reason: str
    would_turn: str | None
    inputs: dict[str, Any]
    policy_version: int
    asked_by: Actor


class DecisionPage(Shape):
    """Decisions, newest first."""

    items: list[Decision]
    next_cursor: str | None


class DecisionFilter(Shape):
    """Which decisions; None leaves all."""

    issue_id: UUID | None = None
    verdict: Verdict | None = None
    gate: str | None = None


class Used(Shape):
    """How much of a limit is used; `total` None means no limit."""

    used: int
    total: int | None


class Slots(Shape):
    """How many agents run, of how many."""

    used: int
    total: int
    error: Used
    prd: Used


class Purse(Shape):
    """Today's money of one workflow or customer; `limit_usd` None means none of its own."""

    name: str
    limit_usd: Money | None
    settled_usd: Money
    reserved_usd: Money


class MoneyToday(Shape):
    """Today's money (UTC)."""

    limit_usd: Money
    settled_usd: Money
    reserved_usd: Money
    left_usd: Money
    by_workflow: list[Purse]
    by_customer: list[Purse]


class SpawnsToday(Shape):
    """Today's runs (UTC)."""

    error: Used
    prd: Used


class Fleet(Shape):
    """What runs, what waits, and what is left of today."""

    running: list[RunSummary]
    waiting: list[Spawn]
    slots: Slots
    money: MoneyToday
    spawns_today: SpawnsToday
    outcomes_today: dict[str, int]
    kill_switch: bool
    kill_switches: list[KillSwitch]
    breakers: list[BreakerNow]
    policy_version: int


class IssueRef(Shape):
    """An issue by name."""

    id: UUID
    identifier: str
    title: str


class InboxItem(Shape):
    """Something that waits for a person."""

    kind: Literal["plan", "question", "blocker", "failure", "pull", "handover", "fix"]
    issue: IssueRef
    at: datetime
    text: str
    ref: dict[str, Any]
