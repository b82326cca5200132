"""GitHub Actions, as far as we use it: a workflow is started, its runs are found, watched and cancelled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from dispatch.clients import github


@dataclass(frozen=True, slots=True)
class Job:
    """What GitHub calls a workflow run. `conclusion` says how it ended; None while it has not."""

    id: str
    url: str | None
    conclusion: str | None = None


def default_branch(repository: str) -> str:
    """The branch whose workflow files count unless another is wanted."""
    try:
        return str(github.call("GET", f"/repos/{repository}")["default_branch"])
    except github.NotThere as error:
        raise github.NotThere(f"The token does not see {repository}, or there is no such repository.") from error


def dispatch_workflow(repository: str, workflow_file: str, *, ref: str, inputs: dict[str, str]) -> Job | None:
    """The workflow has been started with these inputs; None where the server is too old to tell its run.

    Raises Refused, NoAnswer (nobody knows whether it started), Limited (it did not).
    """
    body: dict[str, Any] = {"ref": ref, "inputs": inputs, "return_run_details": True}
    try:
        answer = github.call("POST", f"{_workflow(repository, workflow_file)}/dispatches", body)
    except github.NotThere as error:
        default_branch(repository)
        raise github.NotThere(
            f"{workflow_file} is not installed in {repository}: run `dispatch workflows install` there and push it."
        ) from error
    return Job(str(answer["workflow_run_id"]), answer.get("html_url")) if answer else None


def find_dispatched(repository: str, workflow_file: str, *, name: str, since: datetime) -> Job | None:
    """The workflow's run of this name that was started since then; None where GitHub shows none (it takes some seconds)."""
    params = {"event": "workflow_dispatch", "created": f">={since:%Y-%m-%dT%H:%M:%SZ}", "per_page": github.PAGE}
    found = github.call("GET", f"{_workflow(repository, workflow_file)}/runs", params=params, fine=frozenset({404}))
    return next((_job(run) for run in found.get("workflow_runs", []) if run.get("display_title") == name), None)


def find_job(repository: str, job_id: str) -> Job | None:
    """The workflow run as it is; None where GitHub knows it no more."""
    found = github.call("GET", f"/repos/{repository}/actions/runs/{job_id}", fine=frozenset({404}))
    return _job(found) if found and "id" in found else None


def cancel_job(repository: str, job_id: str) -> None:
    """The workflow run has been asked to stop; one that has ended already, or is gone, is left alone."""
    github.call("POST", f"/repos/{repository}/actions/runs/{job_id}/cancel", fine=frozenset({404, 409}))


def job_page(repository: str, job_id: str) -> str:
    """The workflow run's page for people."""
    return github.web_page(repository, "actions", "runs", job_id)


def _workflow(repository: str, workflow_file: str) -> str:
    return f"/repos/{repository}/actions/workflows/{quote(workflow_file, safe='')}"


def _job(run: dict[str, Any]) -> Job:
    """`status` is completed once there is a conclusion; a run without one may still say so for a moment."""
    ended = run.get("status", "completed") == "completed"
    return Job(str(run["id"]), run.get("html_url"), (run.get("conclusion") or "unknown") if ended else None)
