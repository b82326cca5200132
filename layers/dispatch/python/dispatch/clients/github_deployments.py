"""Deployments as GitHub tells of them, in webhooks and over REST alike: as a deployment's status, or as a run of a workflow."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AwareDatetime, StringConstraints, ValidationError

from dispatch.clients import github
from dispatch.clients.github_pulls import Unreadable
from dispatch.kit.shapes import Shape

Sha = Annotated[str, StringConstraints(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$")]
STATES = {
    "queued": "in_progress",
    "pending": "in_progress",
    "in_progress": "in_progress",
    "requested": "in_progress",
    "success": "succeeded",
    "failure": "failed",
    "error": "failed",
}  # `inactive` was deployed once and something newer runs; `waiting` waits for an approval: neither tells of anything new
MOST_STATUSES = 100


class DeploymentNow(Shape):
    """A deployment as it was at `at`: in_progress, succeeded or failed; None where GitHub's word tells nothing new.

    `is_production`: GitHub calls its environment production, whatever its name; `is_transient`: it is a preview.
    """

    repository: str
    external_id: str
    environment: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    is_production: bool
    is_transient: bool
    sha: Sha
    state: str | None
    url: str | None
    began_at: AwareDatetime
    at: AwareDatetime


class WorkflowRun(Shape):
    """A workflow's run that may be one that deploys: `names` are all by which people call the workflow, alone and with `@branch`."""

    names: set[str]
    event: str
    deployment: DeploymentNow


def read_deployment(deployment: Any, status: Any, repository: str) -> DeploymentNow:
    """A deployment with one of its statuses, from a webhook or from REST. Raises Unreadable."""
    try:
        state = STATES.get(status["state"])
        return DeploymentNow(
            repository=repository,
            external_id=f"deployment:{int(deployment['id'])}",
            environment=status.get("environment") or deployment["environment"],
            is_production=deployment.get("production_environment") is True,
            is_transient=deployment.get("transient_environment") is True,
            sha=deployment["sha"],
            state=state,
            url=_address(status.get("log_url")) or _address(status.get("target_url")),
            began_at=status["created_at"] if state == "in_progress" else deployment["created_at"],  # it may have waited for an approval
            at=status["created_at"],
        )
    except (KeyError, TypeError, AttributeError, ValueError, ValidationError) as error:
        raise Unreadable("GitHub's deployment cannot be read.") from error


def read_workflow_run(given: Any, repository: str, *, environment: str) -> WorkflowRun:
    """A workflow's run as a deployment to that environment, from a webhook or from REST. Raises Unreadable."""
    try:
        file = str(given.get("path") or "").partition("@")[0].rpartition("/")[2]
        names = {str(name).lower() for name in (given.get("name"), file, file.rpartition(".")[0]) if name}
        branch = str(given.get("head_branch") or "").lower()
        return WorkflowRun(
            names=names | {f"{name}@{branch}" for name in names},
            event=given["event"],
            deployment=DeploymentNow(
                repository=repository,
                external_id=f"run:{int(given['id'])}.{int(given.get('run_attempt') or 1)}",
                environment=environment,
                is_production=True,
                is_transient=False,
                sha=given["head_sha"],
                state=_run_state(given),
                url=_address(given.get("html_url")),
                began_at=given.get("run_started_at") or given.get("created_at") or given["updated_at"],
                at=given["updated_at"],
            ),
        )
    except (KeyError, TypeError, AttributeError, ValueError, ValidationError) as error:
        raise Unreadable("GitHub's workflow run cannot be read.") from error


def list_deployments(repository: str, *, most: int) -> list[dict[str, Any]]:
    """The repository's newest deployments as GitHub has them, newest first."""
    return list(github.pages(f"/repos/{repository}/deployments", most=most))


def list_runs(repository: str, *, since: datetime, most: int) -> list[dict[str, Any]]:
    """The runs of the repository's workflows that were made since then, as GitHub has them."""
    params = {"created": f">={since:%Y-%m-%dT%H:%M:%SZ}"}
    return list(github.pages(f"/repos/{repository}/actions/runs", inside="workflow_runs", params=params, most=most))


def find_newest_status(repository: str, deployment: Any) -> DeploymentNow | None:
    """How the deployment stands by the newest of its statuses that tells something; None where none does."""
    path = f"/repos/{repository}/deployments/{int(deployment['id'])}/statuses"
    told = [read_deployment(deployment, status, repository) for status in github.pages(path, most=MOST_STATUSES)]
    return max((now for now in told if now.state), key=lambda now: now.at, default=None)


def _run_state(given: Any) -> str | None:
    """A run that was skipped or cancelled has deployed nothing; one that waits for an approval deploys nothing yet."""
    if given["status"] in {"waiting", "action_required"} or given.get("conclusion") == "action_required":
        return None
    if given["status"] != "completed":
        return "in_progress"
    return "succeeded" if given.get("conclusion") == "success" else "failed"


def _address(given: Any) -> str | None:
    """An address that people may follow; None where it is none."""
    return given if isinstance(given, str) and urlsplit(given).scheme in {"https", "http"} and len(given) <= 2000 else None
