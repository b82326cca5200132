"""The shapes of what decisions rest on, and of what they say."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from dispatch.kit.actors import Actor
from dispatch.kit.shapes import Money, Shape
from dispatch.runs import Bucket, workflow_named
from dispatch.spawning.limit_shapes import Breaker, PolicyNow, SwitchScope


class Verdict(StrEnum):
    """What the gates say together."""

    ADMITTED = "admitted"
    WAITS = "waits"
    REFUSED = "refused"


class Cause(Shape):
    """What an automatic spawn rests on: an error, by its family's name. `seen_at` is when it was seen first, or again after it had healed.

    `occurrences` is how often it was seen as of a decision: a family that is known by this name tells it anew each time.
    """

    family: str
    source: str
    occurrences: int
    seen_at: datetime


class Facts(Shape):
    """Everything a decision rests on; a decision is a pure function of these, the limits and the moment.

    `held` are the resources for which a spawn ahead in the queue waits: what comes free is theirs. `*_usd` are today's, reserved and
    settled together, but for `asked_usd`, `left_usd` and `plan_cap_usd`: the cap asked for, what is left of the continued run's, and the
    approved plan's. `deploying_since`: a deployment has been in progress since then. `failed_in_a_row`: so often agents failed at this
    error before it was handed over to a person, whose it still is. `fix_under_way`: what is on its way already to mend it.
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
    left_usd: Money | None = None  # decisions from before runs could be continued have none
    plan_cap_usd: Money | None
    waiting_reviews: int
    held: list[str]
    deploying_since: datetime | None = None  # this, and what follows, decisions from before errors came by themselves have not
    failed_in_a_row: int | None = None
    fix_under_way: str | None = None


class Ruling(Shape):
    """What the gates said: the gate that spoke, why, and the smallest change that would turn it.

    `reserve_usd` is what is set aside where it is admitted, `waits_for` the resource that was short where it waits for one.
    """

    verdict: Verdict
    gate: str | None = None
    reason: str
    would_turn: str | None = None
    waits_for: str | None = None
    reserve_usd: Money


class Asked(Shape):
    """What the gates ask about a spawn's issue, as of one moment. `spawn_id` None is a new one's.

    `occurrences` is how often an automatic spawn's error was seen; None: no family is known by that name, or it is not automatic.
    `place` is what a new one would have in the queue. `takes_place`: a person asks for what waits by itself until somebody does; theirs
    takes its place.
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
    occurrences: int | None
    failed_in_a_row: int | None
    fix_under_way: str | None
    left_usd: Money | None
    place: int | None = None
    takes_place: bool = False

    @property
    def band(self) -> int:
        """How urgent a new spawn is; 1 is the most."""
        return int(self.priority[1])


class WaitingSpawn(Shape):
    """A waiting spawn with all that is needed to offer it again."""

    id: UUID
    workflow: str
    asked_by: Actor
    words: str
    cap_usd: Money | None
    continues: UUID | None
    forced_because: str | None
    cause: Cause | None
    waits_for: str | None
    gate: str | None
    asked: Asked


class Held(Shape):
    """What an unfinished run holds."""

    workflow: str
    customer_id: UUID | None
    family: str | None
    reserve_usd: Money


class SpentToday(Shape):
    """What a workflow has started and spent today for one customer."""

    workflow: str
    customer_id: UUID | None
    spawns: int
    settled_usd: Money


class ClosedSwitch(Shape):
    """A kill switch that is closed."""

    scope: SwitchScope
    value: str
    reason: str


class Wanted(Shape):
    """A resource for which a spawn of this band waits, or of a lower one."""

    resource: str
    band: int


class Books(Shape):
    """What all decisions share, as of one moment, the database's. `policy` None: there is no version yet.

    `deploying_since`: the deployment to production that began last, and has not ended, began then.
    """

    at: datetime
    policy: PolicyNow | None
    unfinished: list[Held]
    today: list[SpentToday]
    kill_switches: list[ClosedSwitch]
    breakers: list[Breaker]
    wanted: list[Wanted]
    deploying_since: datetime | None

    def running(self, bucket: Bucket) -> int:
        """How many runs of the bucket have not ended."""
        return sum(workflow_named(run.workflow).bucket is bucket for run in self.unfinished)

    def started_today(self, bucket: Bucket) -> int:
        """How many runs of the bucket were admitted today."""
        return sum(spent.spawns for spent in self.today if workflow_named(spent.workflow).bucket is bucket)


class Known(Shape):
    """What a decision rests on, as of one moment; `asked` None: about no spawn."""

    books: Books
    asked: Asked | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with all it rests on."""

    asked: Asked
    facts: Facts
    ruling: Ruling
    policy_version: int
    at: datetime
