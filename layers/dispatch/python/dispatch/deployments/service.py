"""Hearing of deployments, in any order and any number of times, and asking what is known. What counts is production alone."""

from datetime import datetime, timedelta
from typing import Any

from dispatch.clients.github_deployments import DeploymentNow, read_deployment, read_workflow_run
from dispatch.clients.github_pulls import Unreadable
from dispatch.deployments import store
from dispatch.deployments.shapes import Deployment
from dispatch.kit.settings import settings
from dispatch.kit.work import Work

RUNS_DEPLOY_TO = "production"
GOES_STALE = timedelta(minutes=30)  # a deployment of which nothing was heard for so long is not waited for
CHECKS = {"pull_request", "pull_request_target", "merge_group"}  # what these start deploys to no production, whatever its name


def hear_deployment_status(work: Work, body: Any) -> str:
    """The deployment is known as the status has it; says in a few words what that was. Raises Unreadable."""
    try:
        deployment, status, repository = body["deployment"], body["deployment_status"], body["repository"]["full_name"]
    except (KeyError, TypeError) as error:
        raise Unreadable("GitHub's deployment cannot be read.") from error
    return hear(work, read_deployment(deployment, status, repository))


def hear_deploy_run(work: Work, body: Any) -> str | None:
    """The deployment is known that this run of a workflow is; None where it is no run of one that deploys. Raises Unreadable."""
    if not settings().deploy_workflows:
        return None
    try:
        told, repository = body["workflow_run"], body["repository"]["full_name"]
    except (KeyError, TypeError) as error:
        raise Unreadable("GitHub's workflow run cannot be read.") from error
    now = find_deployment(told, repository)
    return hear(work, now) if now else None


def find_deployment(run: Any, repository: str) -> DeploymentNow | None:
    """The deployment that this run of a workflow is; None where it is none. Raises Unreadable."""
    found = read_workflow_run(run, repository, environment=RUNS_DEPLOY_TO)
    deploys = found.names & {name.lower() for name in settings().deploy_workflows}
    return found.deployment if deploys and found.event not in CHECKS else None


def hear(work: Work, now: DeploymentNow) -> str:
    """The deployment is known as far as it has come, if it is to production; says in a few words what that was."""
    if not counts(now):
        return f"a deployment to {now.environment}, which is not production here"
    return f"{now.sha[:7]} to {now.environment}: {now.state}" if keep(work, now) else f"nothing new of the deployment to {now.environment}"


def keep(work: Work, now: DeploymentNow) -> bool:
    """The deployment is known as far as it has come; False where that tells nothing new."""
    return counts(now) and now.state is not None and store.upsert_deployment(work.conn, now)


def counts(now: DeploymentNow) -> bool:
    """Whether it is to production: by the settings' names, or because GitHub says so. A preview is not."""
    names = {name.lower() for name in settings().production_environments}
    return not now.is_transient and (now.is_production or now.environment.lower() in names)


def list_deployments(work: Work, *, limit: int) -> list[Deployment]:
    """The deployments heard of last, latest first."""
    return store.select_latest(work.conn, limit=limit)


def is_known(work: Work, repository: str) -> bool:
    """Whether any deployment of the repository was ever heard of."""
    return store.is_any(work.conn, repository)


def is_in_progress(work: Work, repository: str) -> Deployment | None:
    """The deployment that is on its way to production; one of which nothing was heard for half an hour is not."""
    return store.select_in_progress(work.conn, repository, heard_since=work.now - GOES_STALE)


def list_succeeded(work: Work, repository: str, since: datetime) -> list[Deployment]:
    """What came to production since then, oldest first."""
    return store.select_succeeded(work.conn, repository, since=since)


def find_newest(work: Work, repository: str, *, before: datetime, other_than: str | None = None) -> Deployment | None:
    """What came to production last before then; `other_than` leaves out that commit, deployed again."""
    return store.select_newest(work.conn, repository, before=before, other_than=other_than)
