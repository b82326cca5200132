"""The shapes of spawns: what is asked for, what the gates know, what they say, and what the fleet looks like."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from dispatch.kit.actors import Actor
from dispatch.kit.shapes import Money, Words
from dispatch.runs import RunSummary


class Verdict(StrEnum):
    """What the gates say together."""

    ADMITTED = "admitted"
    WAITS = "waits"
    REFUSED = "refused"


class SpawnState(StrEnum):
    """Where a spawn is."""

    ADMITTED = "admitted"
    WAITING = "waiting"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class NewSpawn(BaseModel):
    """A request to start a run. `cap_usd` None means the setting's; `words` are a person's, for the agent."""

    model_config = ConfigDict(extra="forbid")

    workflow: str
    words: Words = ""
    cap_usd: Money | None = Field(default=None, gt=0, le=1000)


class Limits(BaseModel):
    """The limits in force: one version of the policy."""

    max_concurrent_spawns: int
    max_concurrent_spawns_error: int
    max_concurrent_spawns_prd: int
    daily_spawn_budget: int | None
    daily_spawn_budget_error: int
    daily_spawn_budget_prd: int
    daily_cost_limit_usd: Decimal
    max_agent_cost_per_run: Decimal


class Facts(BaseModel):
    """Everything a decision rests on; a decision is a pure function of these and the limits."""

    workflow: str
    automatic: bool
    kill_switch: bool
    issue: str
    issue_open: bool
    unfinished_run: str | None
    waiting_spawn: bool
    plan_approved: bool
    has_work_to_test: bool
    running_error: int
    running_prd: int
    spawns_today_error: int
    spawns_today_prd: int
    reserved_usd: Money
    settled_usd: Money
    reserve_usd: Money


class Ruling(BaseModel):
    """What the gates said: the gate that spoke, why, and the smallest change that would turn it."""

    verdict: Verdict
    gate: str | None = None
    reason: str
    would_turn: str | None = None


class Spawn(BaseModel):
    """A request to start a run, and what became of it. `place` is its place in the queue, from 1."""

    id: UUID
    issue_id: UUID
    identifier: str
    workflow: str
    state: SpawnState
    run_id: UUID | None
    place: int | None
    reason: str
    gate: str | None
    created_at: datetime


class WaitingSpawn(BaseModel):
    """A waiting spawn with all that is needed to offer it again."""

    id: UUID
    issue_id: UUID
    workflow: str
    asked_by: Actor
    automatic: bool
    words: str
    reserve_usd: Money


class Decision(BaseModel):
    """What the gates said about one spawn, with every input."""

    id: int
    spawn_id: UUID
    at: datetime
    workflow: str
    verdict: Verdict
    gate: str | None
    reason: str
    would_turn: str | None
    inputs: dict[str, Any]
    asked_by: Actor


class Used(BaseModel):
    """How much of a limit is used; `total` None means no limit."""

    used: int
    total: int | None


class Slots(BaseModel):
    """How many agents run, of how many."""

    used: int
    total: int
    error: Used
    prd: Used


class MoneyToday(BaseModel):
    """Today's money (UTC)."""

    limit_usd: Money
    settled_usd: Money
    reserved_usd: Money
    left_usd: Money


class SpawnsToday(BaseModel):
    """Today's runs (UTC)."""

    error: Used
    prd: Used


class Fleet(BaseModel):
    """What runs, what waits, and what is left of today."""

    running: list[RunSummary]
    waiting: list[Spawn]
    slots: Slots
    money: MoneyToday
    spawns_today: SpawnsToday
    outcomes_today: dict[str, int]
    kill_switch: bool


class IssueRef(BaseModel):
    """An issue by name."""

    id: UUID
    identifier: str
    title: str


class InboxItem(BaseModel):
    """Something that waits for a person."""

    kind: Literal["plan", "question", "blocker", "failure"]
    issue: IssueRef
    at: datetime
    text: str
    ref: dict[str, Any]
