"""What webhooks missed: GitHub is asked for the newest deployments, and they are heard as if a webhook had told of each."""

from datetime import datetime, timedelta
from typing import Any

from dispatch.clients import github, github_deployments
from dispatch.clients.github_deployments import DeploymentNow, read_deployment
from dispatch.clients.github_pulls import Unreadable
from dispatch.deployments import store
from dispatch.deployments.service import counts, find_deployment, keep
from dispatch.kit.log import logger
from dispatch.kit.settings import settings
from dispatch.kit.work import work as open_work

BACK = timedelta(hours=24)
MATTERS = timedelta(days=14)  # a fix is watched for no longer
MOST_LISTED = 50
MOST_ASKED = 10  # deployments whose statuses are asked for, each a call
MOST_RUNS = 100


def look_for_missed() -> int:
    """Deployments of the last day that no webhook told of are known; returns how many. Never fatal: the next hour goes on.

    Opens works of its own. Nobody asks where neither a deployment was heard of nor a fix is waiting for one.
    """
    repository = settings().github_repo
    if not repository or github.kind() == "none":
        return 0
    with open_work() as unit:
        since = unit.now - BACK
        if not store.matters(unit.conn, repository, since=unit.now - MATTERS):
            return 0
        ended = store.select_ended(unit.conn, repository, since=since)
    try:
        found = [*_deployments(repository, since, ended), *_runs(repository, since)]
    except (github.Refused, github.NoAnswer, Unreadable) as error:  # what is missing, `dispatch github check` says
        logger.warning("deployments could not be looked up", reason=error.sentence)
        return 0
    with open_work() as unit:
        return sum(keep(unit, now) for now in found)


def list_environments(repository: str) -> dict[str, bool]:
    """The environments of the newest deployments that GitHub knows, and whether they count. Raises github.Refused, NoAnswer, Unreadable."""
    listed = [_begun(given, repository) for given in github_deployments.list_deployments(repository, most=MOST_LISTED)]
    return {now.environment: counts(now) for now in listed}


def _deployments(repository: str, since: datetime, ended: set[str]) -> list[DeploymentNow]:
    listed = github_deployments.list_deployments(repository, most=MOST_LISTED)
    begun = [(given, _begun(given, repository)) for given in listed]
    missed = [given for given, now in begun if counts(now) and now.began_at > since and now.external_id not in ended]
    found = [github_deployments.find_newest_status(repository, given) for given in missed[:MOST_ASKED]]
    return [now for now in found if now]


def _runs(repository: str, since: datetime) -> list[DeploymentNow]:
    if not settings().deploy_workflows:
        return []
    listed = github_deployments.list_runs(repository, since=since, most=MOST_RUNS)
    return [now for run in listed if (now := find_deployment(run, repository))]


def _begun(given: Any, repository: str) -> DeploymentNow:
    """A deployment as it was made, before any of its statuses."""
    try:
        return read_deployment(given, {"state": "queued", "created_at": given["created_at"]}, repository)
    except (KeyError, TypeError) as error:
        raise Unreadable("GitHub's deployment cannot be read.") from error
