"""The shapes of deployments."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel


class DeploymentState(StrEnum):
    """How a deployment stands."""

    IN_PROGRESS = "in_progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Deployment(BaseModel):
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
