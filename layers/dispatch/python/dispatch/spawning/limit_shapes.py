"""The shapes of what limits the work: the policy, kill switches, breakers."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, StringConstraints

from dispatch.kit.actors import Actor
from dispatch.kit.settings import Limits
from dispatch.kit.shapes import Line, Shape


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


class Breaker(Shape):
    """Failures in a row of a workflow or a family. `probing`: a run of it has not ended yet."""

    scope: BreakerScope
    value: str
    failures: int
    failed_at: datetime
    probing: bool = False


class PolicyNow(Shape):
    """The newest version of the policy, as it is kept; limits that are newer than it are missing."""

    version: int
    limits: dict[str, Any]
    changed_by: Actor


class PolicyRow(PolicyNow):
    """A version of the policy, as it is kept."""

    because: str
    changed_at: datetime


class Policy(Shape):
    """A version of the policy: the limits, who set them, and why."""

    version: int
    limits: Limits
    because: str
    changed_by: Actor
    changed_at: datetime


class PolicyChange(Shape):
    """Limits to change, by name; `version` is the one they were read from, so that nobody overwrites what they have not seen."""

    model_config = ConfigDict(extra="forbid")

    version: int
    limits: dict[str, Any]
    because: Line


class NewSwitch(Shape):
    """A kill switch to close. `value` is the workflow, repository or family; empty for everything."""

    model_config = ConfigDict(extra="forbid")

    scope: SwitchScope
    value: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""
    reason: Line


class KillSwitch(Shape):
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


class BreakerRef(Shape):
    """A breaker by name."""

    model_config = ConfigDict(extra="forbid")

    scope: BreakerScope
    value: str


class BreakerNow(Breaker):
    """A breaker as it is now. `open`: it lets nothing through, but for one probe after `tries_at`."""

    open: bool
    tries_at: datetime | None
