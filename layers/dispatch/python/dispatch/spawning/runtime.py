"""Where runs run: GitHub Actions, or whatever answers like it at GITHUB_API_URL (a laptop does)."""

from datetime import timedelta

from dispatch.clients import github_actions
from dispatch.clients.github_actions import Job
from dispatch.kit import clock
from dispatch.kit.settings import settings
from dispatch.runs import Run

UNNAMED = timedelta(minutes=3)  # its runner has been refused a dozen times by then, and has ended its agent


def start(run: Run) -> Job | None:
    """The runtime has been asked to start the run. Raises github.Refused for good, github.NoAnswer where nobody knows."""
    return github_actions.dispatch_workflow(
        run.repository,
        f"{run.workflow}.yml",
        ref=settings().github_ref or github_actions.default_branch(run.repository),
        inputs={"run_id": str(run.id), "generation": str(run.generation), "issue": run.identifier},
    )


def cancel(run: Run) -> None:
    """The runtime has been asked to end the run's job."""
    if run.external_id:
        github_actions.cancel_job(run.repository, run.external_id)


def has_ended(run: Run) -> bool:
    """Whether the finished run's job is over at its runtime. One without a name there is given time. Raises github.NoAnswer."""
    if run.external_id:
        job = github_actions.find_job(run.repository, run.external_id)
        return job is None or job.conclusion is not None
    return run.finished_at is not None and clock.now() - run.finished_at > UNNAMED
