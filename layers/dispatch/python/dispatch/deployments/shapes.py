"""The shapes of deployments."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, StringConstraints

from dispatch.clients.github_deployments import Sha
from dispatch.kit.errors import Conflict
from dispatch.kit.shapes import Line, Shape


class DeploymentState(StrEnum):
    """How a deployment stands."""

    IN_PROGRESS = "in_progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Deployment(Shape):
    """A commit on its way to production, or there. `external_id` is `deployment:ID`, `run:ID.ATTEMPT` or `told:ID`."""

    repository: str
    external_id: str
    environment: str
    sha: str
    state: DeploymentState
    url: str | None
    began_at: datetime
    ended_at: datetime | None
    heard_at: datetime


class NewDeployment(Shape):
    """What whoever deploys tells. `id` names the deployment: told again under it, it is the same one, as far as it has come."""

    model_config = ConfigDict(extra="forbid")

    sha: Sha
    state: DeploymentState = DeploymentState.SUCCEEDED
    environment: Line = "production"
    repository: Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,100}/[\w.-]{1,100}$")] | None = None  # None: the target repository
    id: Annotated[str, StringConstraints(pattern=r"^[\w.:/-]{1,100}$")] | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)] | None = None
    at: AwareDatetime | None = None  # None: now


class Told(Shape):
    """What came of it, in a few words. `counts` False: its environment is not production, and nothing was kept."""

    id: str
    counts: bool
    answer: str


class OtherCommit(Conflict):
    """That id is of another commit's deployment."""
