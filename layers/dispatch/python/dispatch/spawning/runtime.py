"""Where runs run: GitHub Actions, or whatever answers like it at GITHUB_API_URL (a laptop does)."""

from datetime import timedelta

from dispatch.clients import github_actions
from dispatch.clients.github_actions import Job
from dispatch.kit import clock
from dispatch.kit.settings import settings
from dispatch.runs import Run

UNNAMED = timedelta(minutes=3)  # its runner has been refused a dozen times by then, and has ended its agent
CLOCKS_DIFFER = timedelta(minutes=5)


def choose_ref(run: Run) -> str:
    """The branch whose workflow file the run's job is started on. Raises github.Refused, github.NoAnswer."""
    return settings().github_ref or github_actions.default_branch(run.repository)


def start(run: Run, ref: str) -> Job | None:
    """The runtime has been asked to start the run; None where it does not say what it calls the job.

    Raises github.Refused for good, github.Limited where it was not asked, github.NoAnswer where nobody knows.
    """
    inputs = {"run_id": str(run.id), "generation": str(run.generation), "issue": run.identifier}
    return github_actions.dispatch_workflow(run.repository, _file(run), ref=ref, inputs=inputs)


def find_job(run: Run) -> Job | None:
    """The run's job as it is, by the runtime's name for it or, where that is not known, by ours; None where there is none."""
    if run.external_id:
        return github_actions.find_job(run.repository, run.external_id)
    since = (run.starting_at or run.created_at) - CLOCKS_DIFFER
    return github_actions.find_dispatched(run.repository, _file(run), name=f"{run.identifier} {run.id}", since=since)


def cancel(run: Run) -> None:
    """The runtime has been asked to end the run's job."""
    job_id = run.external_id or ((job := find_job(run)) and job.id)
    if job_id:
        github_actions.cancel_job(run.repository, job_id)


def has_ended(run: Run) -> bool:
    """Whether the finished run's job is over at its runtime. One that cannot be found there is given time. Raises github.NoAnswer."""
    if job := find_job(run):
        return job.conclusion is not None
    return bool(run.external_id) or (run.finished_at is not None and clock.now() - run.finished_at > UNNAMED)


def _file(run: Run) -> str:
    return f"{run.workflow}.yml"
