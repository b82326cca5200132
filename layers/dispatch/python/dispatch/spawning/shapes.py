"""The shapes of spawns: what is asked for, what the gates know, what they say, and what the fleet looks like."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dispatch.kit.actors import Actor
from dispatch.kit.settings import Limits
from dispatch.kit.shapes import Line, Money, Words
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
    """A request to start a run. `cap_usd` None means the policy's; `words` are a person's, for the agent.

    `force_because` passes the gates that only pace the work (an admin's right); it is kept with the decision.
    """

    model_config = ConfigDict(extra="forbid")

    workflow: str
    words: Words = ""
    cap_usd: Money | None = Field(default=None, gt=0, le=1000)
    force_because: Line | None = None


class Cause(BaseModel):
    """What an automatic spawn rests on: an error, by its family. `seen_at` is when it was seen first, `occurrences` how often since."""

    family: str
    source: str
    occurrences: int
    seen_at: datetime


class SwitchScope(StrEnum):
    """What a kill switch stops."""

    EVERYTHING = "everything"
    WORKFLOW = "workflow"
    REPOSITORY = "repository"
    FAMILY = "family"


class BreakerScope(StrEnum):
    """What a breaker watches."""

    WORKFLOW = "workflow"
    FAMILY = "family"


class Breaker(BaseModel):
    """Failures in a row of a workflow or a family. `probing`: a run of it has not ended yet."""

    scope: BreakerScope
    value: str
    failures: int
    failed_at: datetime
    probing: bool = False


class Facts(BaseModel):
    """Everything a decision rests on; a decision is a pure function of these, the limits and the moment.

    `held` are the resources for which a spawn ahead in the queue waits: what comes free is theirs. `*_usd` are today's, reserved and
    settled together, but for `asked_usd` and `plan_cap_usd`: the cap asked for, and the approved plan's.
    """

    workflow: str
    repository: str
    family: str | None
    customer: str | None
    cause: Cause | None
    forced_because: str | None
    queued: bool
    issue: str
    issue_open: bool
    unfinished_run: str | None
    waiting_spawn: bool
    plan_approved_at: datetime | None
    has_work_to_test: bool
    kill_switch: str | None
    breakers: list[Breaker]
    family_started_at: datetime | None
    running_error: int
    running_prd: int
    spawns_today_error: int
    spawns_today_prd: int
    reserved_usd: Money
    settled_usd: Money
    workflow_usd: Money
    customer_usd: Money
    asked_usd: Money | None
    plan_cap_usd: Money | None
    waiting_reviews: int
    held: list[str]


class Ruling(BaseModel):
    """What the gates said: the gate that spoke, why, and the smallest change that would turn it.

    `reserve_usd` is what is set aside where it is admitted, `waits_for` the resource that was short where it waits for one.
    """

    verdict: Verdict
    gate: str | None = None
    reason: str
    would_turn: str | None = None
    waits_for: str | None = None
    reserve_usd: Money


class CustomerRef(BaseModel):
    """A customer by name."""

    name: str
    slug: str


class CustomerKey(CustomerRef):
    """A customer by id and name."""

    id: UUID


class Spawn(BaseModel):
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
    created_at: datetime


class Asked(BaseModel):
    """What the gates ask about a spawn's issue, as of one moment. `spawn_id` None is a new one's.

    `takes_place`: a person asks for what waits by itself until somebody does; theirs takes its place.
    """

    spawn_id: UUID | None
    workflow: str
    automatic: bool
    issue_id: UUID
    issue: str
    issue_open: bool
    unfinished_run: str | None
    waiting_spawn: bool
    plan_id: UUID | None
    plan_cap_usd: Money | None
    plan_approved_at: datetime | None
    has_work_to_test: bool
    customer_id: UUID | None
    customer: str | None
    customer_name: str | None
    family: str | None
    family_started_at: datetime | None
    waiting_reviews: int
    priority: str
    takes_place: bool = False

    @property
    def band(self) -> int:
        """How urgent a new spawn is; 1 is the most."""
        return int(self.priority[1])


class WaitingSpawn(BaseModel):
    """A waiting spawn with all that is needed to offer it again."""

    id: UUID
    workflow: str
    asked_by: Actor
    words: str
    cap_usd: Money | None
    forced_because: str | None
    cause: Cause | None
    waits_for: str | None
    gate: str | None
    asked: Asked


class PolicyNow(BaseModel):
    """The newest version of the policy, as it is kept; limits that are newer than it are missing."""

    version: int
    limits: dict[str, Any]
    changed_by: Actor


class PolicyRow(PolicyNow):
    """A version of the policy, as it is kept."""

    because: str
    changed_at: datetime


class Policy(BaseModel):
    """A version of the policy: the limits, who set them, and why."""

    version: int
    limits: Limits
    because: str
    changed_by: Actor
    changed_at: datetime


class PolicyChange(BaseModel):
    """Limits to change, by name; `version` is the one they were read from, so that nobody overwrites what they have not seen."""

    model_config = ConfigDict(extra="forbid")

    version: int
    limits: dict[str, Any]
    because: Line


class Held(BaseModel):
    """What an unfinished run holds."""

    workflow: str
    customer_id: UUID | None
    family: str | None
    reserve_usd: Money


class SpentToday(BaseModel):
    """What a workflow has started and spent today for one customer."""

    workflow: str
    customer_id: UUID | None
    spawns: int
    settled_usd: Money


class ClosedSwitch(BaseModel):
    """A kill switch that is closed."""

    scope: SwitchScope
    value: str
    reason: str


class Wanted(BaseModel):
    """A resource for which a spawn of this band waits, or of a lower one."""

    resource: str
    band: int


class Books(BaseModel):
    """What all decisions share, as of one moment, the database's. `policy` None: there is no version yet."""

    at: datetime
    policy: PolicyNow | None
    unfinished: list[Held]
    today: list[SpentToday]
    kill_switches: list[ClosedSwitch]
    breakers: list[Breaker]
    wanted: list[Wanted]


class Decision(BaseModel):
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


class DecisionPage(BaseModel):
    """Decisions, newest first."""

    items: list[Decision]
    next_cursor: str | None


class DecisionFilter(BaseModel):
    """Which decisions; None leaves all."""

    issue_id: UUID | None = None
    verdict: Verdict | None = None
    gate: str | None = None


class NewSwitch(BaseModel):
    """A kill switch to close. `value` is the workflow, repository or family; empty for everything."""

    model_config = ConfigDict(extra="forbid")

    scope: SwitchScope
    value: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""
    reason: Line


class KillSwitch(BaseModel):
    """A kill switch, closed or opened again, and what it stopped.

    `stopped` are the runs it ended, `quiet` those of them that are known to act no more; `quiet_s` is how long it took from the closing
    until the last of them was quiet, None while one is not.
    """

    id: UUID
    scope: SwitchScope
    value: str
    reason: str
    closed_by: Actor
    closed_at: datetime
    opened_by: Actor | None
    opened_at: datetime | None
    stopped: int
    quiet: int
    quiet_s: float | None


class BreakerRef(BaseModel):
    """A breaker by name."""

    model_config = ConfigDict(extra="forbid")

    scope: BreakerScope
    value: str


class BreakerNow(Breaker):
    """A breaker as it is now. `open`: it lets nothing through, but for one probe after `tries_at`."""

    open: bool
    tries_at: datetime | None


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


class Purse(BaseModel):
    """Today's money of one workflow or customer; `limit_usd` None means none of its own."""

    name: str
    limit_usd: Money | None
    settled_usd: Money
    reserved_usd: Money


class MoneyToday(BaseModel):
    """Today's money (UTC)."""

    limit_usd: Money
    settled_usd: Money
    reserved_usd: Money
    left_usd: Money
    by_workflow: list[Purse]
    by_customer: list[Purse]


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
    kill_switches: list[KillSwitch]
    breakers: list[BreakerNow]
    policy_version: int


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
