"""The shapes of runs, and of what a runner and the server say to each other."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from dispatch.kit.actors import Actor
from dispatch.kit.errors import Conflict, NotFound
from dispatch.kit.shapes import Money, Shape, SomeWords
from dispatch.runs.patch_shapes import Checkout, Proof

STRANGERS = {"customer", "public"}  # origins, of those a brief labels its parts with


class State(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    FINISHED = "finished"


class Outcome(StrEnum):
    """How a finished run ended."""

    COMPLETED = "completed"
    NO_CHANGES_NEEDED = "no_changes_needed"
    INVESTIGATION_COMPLETE = "investigation_complete"
    BLOCKED = "blocked"
    NEEDS_DECISION = "needs_decision"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


class NewRun(Shape):
    """What a run is made of. `continues`: the run of the same issue that it goes on from."""

    issue_id: UUID
    workflow: str
    repository: str
    words: str
    plan_id: UUID | None
    continues: UUID | None
    cap_usd: Money


class RunSummary(Shape):
    """A run as lists show it."""

    id: UUID
    issue_id: UUID
    identifier: str
    workflow: str
    state: State
    outcome: Outcome | None
    summary: str | None
    generation: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    cap_usd: Money
    cost_usd: Money | None
    metered_usd: Money | None
    model: str | None
    num_turns: int | None
    last_line: str | None
    external_url: str | None
    continues: UUID | None


class RunFilter(Shape):
    """Which runs; None leaves all."""

    issue_id: UUID | None = None
    workflow: str | None = None
    outcome: Outcome | None = None
    state: State | None = None


class RunPage(Shape):
    """Runs, newest first."""

    items: list[RunSummary]
    next_cursor: str | None


class Check(Shape):
    """One of the repository's own checks, run by the runner. `before` is how it went on the base commit."""

    name: str = Field(max_length=100)
    command: str = Field(max_length=2000)
    exit_code: int | None
    seconds: float
    output: str = Field(max_length=20_000)
    before: dict[str, Any] | None = None


class SupposedCause(Shape):
    """A cause that the agent thought of: found to be it, or refuted, and by what."""

    cause: str = Field(max_length=5000)
    because: str = Field(max_length=20_000)
    verdict: Literal["found", "refuted"]


class Run(RunSummary):
    """A run whole. `brief` is what the agent was told, from its claim on, and `trust` the least origin in it.

    `checkout` is the branch and commit it begins on; None: the repository's base.
    """

    repository: str
    brief: str | None
    trust: str | None
    checkout: Checkout | None
    words: str
    plan_id: UUID | None
    came_from_status: UUID | None
    usage: dict[str, Any] | None
    checks: list[Check]
    proof: Proof | None
    engine: dict[str, Any] | None
    report: str | None
    causes: list[SupposedCause]
    base_commit: str | None
    head_commit: str | None
    external_id: str | None
    starting_at: datetime | None
    token_expires_at: datetime | None

    @property
    def hears_strangers(self) -> bool:
        """Whether part of what the agent is told was written by nobody of ours. That leads to a draft at most, which people judge."""
        return self.trust in STRANGERS


class PlanFile(Shape):
    """One file a plan means to change."""

    path: str = Field(max_length=1000)
    change: str = Field("", max_length=5000)


class PlanBody(Shape):
    """What an agent proposes; the strings are markdown and may be empty."""

    model_config = ConfigDict(extra="ignore")

    summary: Annotated[str, Field(min_length=1, max_length=50_000)]
    files: Annotated[list[PlanFile], Field(max_length=500)] = []
    data: str = ""
    api: str = ""
    ui: str = ""
    dependencies: str = ""
    tests: str = ""
    risks: str = ""
    stop_conditions: str = ""
    complexity: Literal["Simple", "Medium", "Complex"] = "Medium"


class Question(Shape):
    """A question or blocker of an agent, and its answer."""

    id: UUID
    issue_id: UUID
    identifier: str
    run_id: UUID
    kind: Literal["question", "blocker"]
    category: str
    text: str
    asked_at: datetime
    answer: str | None
    answered_by: Actor | None
    answered_at: datetime | None


class Answer(Shape):
    """A person's answer; `resume` starts the next run with it."""

    model_config = ConfigDict(extra="forbid")

    answer: SomeWords
    resume: bool = True


class RunNotFound(NotFound):
    """There is no such run."""


class RunIsFinished(Conflict):
    """This run has ended."""


class AlreadyClaimed(Conflict):
    """Another job has claimed this run. Stop."""
