"""The shapes of a replay: what is asked for, what is read of the past, and what would have become of it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from dispatch.kit.shapes import Money, Shape
from dispatch.runs import Outcome
from dispatch.spawning.fact_shapes import ClosedSwitch, Facts
from dispatch.spawning.shapes import SpawnState


class NewReplay(Shape):
    """A candidate policy: the limits that differ from those in force, and how many days back to try it on, today included."""

    model_config = ConfigDict(extra="forbid")

    limits: dict[str, Any] = {}
    days: int = Field(default=30, ge=1, le=366)


class ReplayFigures(Shape):
    """What came, or would have come, of a period's requests. `cost_usd` is of runs that ended in it, `patches` are accepted ones."""

    spawns: int
    runs: int
    waited: int
    refused: int
    cost_usd: Money
    patches: int


class MissedRun(Shape):
    """A run that brought an accepted patch or an approved plan, and would not have got that far within the period."""

    issue: str
    workflow: str
    at: datetime
    outcome: Outcome
    cost_usd: Money


class Replay(Shape):
    """The period as it was, and as it would have been under the candidate."""

    days: int
    since: datetime
    before: ReplayFigures
    after: ReplayFigures
    saved_usd: Money
    missed: list[MissedRun]
    sentence: str


class PastSpawn(Shape):
    """A request of the past, with what the gates first went by, and its run where it had one.

    `last_facts` are those of its last decision, where there were several; `planned_by` is the run whose plan its run implemented.
    `started_s` and `lasted_s` count from the admission; `lasted_s` None means that the run has not ended.
    """

    id: UUID
    issue_id: UUID
    identifier: str
    priority: int
    created_at: datetime
    decided_at: datetime
    state: SpawnState
    waited: bool
    first_gate: str | None
    ceiling_usd: Decimal | None
    facts: Facts
    last_facts: Facts | None
    run_id: UUID | None
    planned_by: UUID | None
    admitted_at: datetime | None
    started_s: float | None
    lasted_s: float | None
    outcome: Outcome | None
    cap_usd: Decimal | None
    cost_usd: Decimal
    has_patch: bool
    has_plan: bool

    @property
    def is_fruitful(self) -> bool:
        """Its run brought what people said yes to."""
        return self.has_plan or (self.has_patch and self.outcome is Outcome.COMPLETED)


class PastSwitch(ClosedSwitch):
    """A kill switch that was closed for a while; `opened_at` None means that it still is."""

    closed_at: datetime
    opened_at: datetime | None


class Typical(Shape):
    """How long a workflow's runs take from their admission, and what they cost: the medians."""

    lasts_s: float
    cost_usd: Decimal


@dataclass
class Simulated:
    """What came of it: spawns by id, runs admitted and money settled within the period."""

    runs: int = 0
    cost_usd: Decimal = Decimal()
    waited: set[UUID] = field(default_factory=set[UUID])
    refused: set[UUID] = field(default_factory=set[UUID])
    reached: set[UUID] = field(default_factory=set[UUID])
