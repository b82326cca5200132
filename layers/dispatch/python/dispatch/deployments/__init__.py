"""A deployment: which commit runs in production, since when, and whether another commit is in it.

GitHub's word comes by webhook (`hear_deployment_status`, `hear_deploy_run`) in any order and any number of times; a schedule
asks for what was missed (`look_for_missed`). Whoever deploys without GitHub tells it (`tell_deployment`).
"""

from dispatch.deployments.ancestry import contains, known_to_contain
from dispatch.deployments.healing import list_environments, look_for_missed
from dispatch.deployments.service import (
    find_newest,
    hear_deploy_run,
    hear_deployment_status,
    is_in_progress,
    is_known,
    list_deployments,
    list_succeeded,
)
from dispatch.deployments.shapes import Deployment, DeploymentState, NewDeployment, OtherCommit, Told
from dispatch.deployments.telling import tell_deployment

__all__ = [
    "Deployment",
    "DeploymentState",
    "NewDeployment",
    "OtherCommit",
    "Told",
    "contains",
    "find_newest",
    "hear_deploy_run",
    "hear_deployment_status",
    "is_in_progress",
    "is_known",
    "known_to_contain",
    "list_deployments",
    "list_environments",
    "list_succeeded",
    "look_for_missed",
    "tell_deployment",
]
