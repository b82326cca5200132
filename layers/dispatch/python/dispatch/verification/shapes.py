"""The shapes of fixes."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from dispatch.kit.errors import Conflict
from dispatch.kit.shapes import Shape


class FixState(StrEnum):
    """Where a fix attempt is."""

    AWAITING_DEPLOY = "awaiting_deploy"
    WATCHING = "watching"
    VERIFIED = "verified"
    FAILED = "failed"
    UNPROVEN = "unproven"

    @property
    def is_unfinished(self) -> bool:
        """Whether it may still be verified or fail by itself."""
        return self in {FixState.AWAITING_DEPLOY, FixState.WATCHING}


class Numbers(Shape):
    """What a verdict rests on.

    `active_hours_before`: hours in which the error was seen, the first left out, as it is why anybody looked. `observed_hours_before`:
    since then, until the deployment. `window_hours`: silence since. `traffic_ratio`: the source's traffic in the window over what it was
    before; None where it is unknown. `expected` is how often it should have been seen again, `chance_of_luck` that it would not have been
    though nothing had changed (e to the minus `expected`); `needed` is what `expected` has to reach.
    """

    active_hours_before: int
    observed_hours_before: float
    window_hours: float
    traffic_ratio: float | None
    expected: float
    needed: float
    chance_of_luck: float
    seen: int
    ignored: int


class FixPull(Shape):
    """The pull request that was merged."""

    repository: str
    number: int
    url: str


class FixFamily(Shape):
    """The error it is to fix."""

    id: UUID
    name: str


class FixSighting(Shape):
    """What was seen of the error since the deployment, by what it was held to be; `at` is the latest of `times`."""

    at: datetime
    because: str
    counts: bool
    times: int


class FixAttempt(Shape):
    """A merged pull request being watched. Deployed without an `environment`: no deployments are known, and the merge is held to be one."""

    id: UUID
    issue_id: UUID
    family: FixFamily | None
    pull: FixPull
    merge_commit: str | None
    merged_at: datetime
    state: FixState
    environment: str | None
    deployed_at: datetime | None
    deployed_sha: str | None
    rollout_at: datetime | None = Field(exclude=True)
    watch_until: datetime | None
    at_most_until: datetime = Field(exclude=True)
    numbers: Numbers | None
    reason: str
    seen: list[FixSighting]
    decided_at: datetime | None


class Mark(Shape):
    """A moment on the chart."""

    at: datetime
    what: Literal["merged", "deployed", "failed", "verified", "unproven"]


class FixChart(Shape):
    """How often the error was seen: one figure for each step from `since` on, the last one holds `until`."""

    since: datetime
    until: datetime
    step_s: int
    counts: list[int]
    marks: list[Mark]


class Fix(Shape):
    """How an issue's error stands: `family` None where it is none's."""

    family: FixFamily | None
    attempts: list[FixAttempt]
    chart: FixChart | None
    closing_needs_reason: bool


class Commit(Shape):
    """A merge that has to be in production. `sha` None: GitHub has told none."""

    repository: str
    sha: str | None
    merged_at: datetime


class Held(Shape):
    """What a sighting is held to be while a fix is watched: whether it counts against it, and why."""

    counts: bool
    because: str


class WatchOn(Shape):
    """How much longer to watch."""

    model_config = ConfigDict(extra="forbid")

    hours: int = Field(ge=1, le=24 * 28)


class NothingToWatch(Conflict):
    """There is no fix of this issue that is unproven: none is left to be watched on."""
