"""What a runner and the server say to each other: claim, events, heartbeat, result, published."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from dispatch.kit.shapes import Shape
from dispatch.runs.patch_shapes import Commit, CommitHash, Patch, PatchFile, Proof
from dispatch.runs.shapes import Check, PlanBody, Run, SupposedCause

MOST_USD = 999_999  # what the tables hold
Spent = Annotated[float, Field(ge=0, le=MOST_USD, allow_inf_nan=False)]


class NewClaim(Shape):
    """A job asks for its run. A job that never heard the answer asks again with the same `nonce`, and is the same job."""

    generation: int
    nonce: str = Field("", max_length=200)
    runner: dict[str, Any] = {}


class Claimed(Shape):
    """The run is the job's, with the token that proves it."""

    run: Run
    token: str


class AgentEvent(Shape):
    """One thing the agent did. `seq` is the runner's, from 1, gapless."""

    seq: Annotated[int, Field(ge=1, le=10_000_000)]
    at: datetime
    kind: Literal["started", "message", "thinking", "tool_use", "tool_result", "usage", "notice", "finished"]
    data: dict[str, Any]


class NewEvents(Shape):
    """A batch of events."""

    generation: int
    events: Annotated[list[AgentEvent], Field(min_length=1, max_length=1000)]


class Received(Shape):
    """The newest event number the server holds. `waits`: something waits for the runner, which does well to beat at once."""

    newest: int
    waits: bool


class Heartbeat(Shape):
    """The runner lives. `heard` are the messages that have reached it; until it says so, they come with every answer.

    `quiet` is the last word of a runner that was stopped: no process of its agent is left.
    """

    generation: int
    metered_usd: Spent | None = None
    tool_in_flight: str | None = None
    heard: Annotated[list[UUID], Field(max_length=1000)] = []
    quiet: bool = False


class Said(Shape):
    """A person's words for the running agent."""

    id: UUID
    text: str


class Directives(Shape):
    """What the runner is to do now."""

    directive: Literal["continue", "cancel", "land"]
    say: list[Said] = []


class PatchProposal(Shape):
    """What `git format-patch --stdout --binary` gave, and what it says it touches."""

    mbox: str
    files: list[PatchFile]
    commits: list[Commit]


class NewQuestion(Shape):
    """What an agent cannot decide by itself."""

    category: Literal["missing_env", "unclear_requirement", "missing_dependency", "test_failure", "design_decision", "out_of_scope"]
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class Result(Shape):
    """How a run ended, as its runner tells it."""

    generation: int
    outcome: Literal["completed", "no_changes_needed", "investigation_complete", "blocked", "needs_decision", "failed"]
    summary: Annotated[str, Field(max_length=5000)]
    cost_usd: Spent | None = None
    num_turns: int | None = None
    model: str | None = None
    usage: dict[str, Any] | None = None
    base_commit: str | None = None
    head_commit: str | None = None
    report: str | None = None
    plan: PlanBody | None = None
    question: NewQuestion | None = None
    patch: PatchProposal | None = None
    checks: Annotated[list[Check], Field(max_length=50)] = []
    causes: Annotated[list[SupposedCause], Field(max_length=20)] = []
    proof: Proof | None = None
    engine: dict[str, Any] | None = None


class Ending(Shape):
    """What finishing a run did."""

    run: Run
    repeated: bool
    patch: Patch | None


class Unpublished(Shape):
    """The patch will not come to its branch by itself; why, in a sentence for people."""

    generation: int
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class OpenedPull(Shape):
    """The pull request that the publish job opened, or found open on its branch."""

    number: int = Field(ge=1)
    url: str = Field(max_length=500, pattern="^https?://")
    draft: bool
    base: str = Field(max_length=255)
    head_sha: CommitHash


class Published(Shape):
    """The patch stands on its branch; `pull` is None where nobody opens pull requests."""

    generation: int
    branch: str
    head_commit: CommitHash
    commits: list[Commit] = []
    pull: OpenedPull | None = None
