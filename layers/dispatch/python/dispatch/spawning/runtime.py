"""Where runs run: GitHub Actions, or whatever answers like it at GITHUB_API_URL (a laptop does)."""

from dispatch.clients import github
from dispatch.clients.github import WorkflowRun
from dispatch.kit.settings import settings
from dispatch.runs import Run


def start(run: Run) -> WorkflowRun:
    """The runtime has been asked to start the run. Raises github.Refused for good, github.NoAnswer where nobody knows."""
    return github.dispatch_workflow(
        run.repository,
        f"{run.workflow}.yml",
        ref=settings().github_ref or None,
        inputs={"run_id": str(run.id), "generation": str(run.generation), "issue": run.identifier},
    )


def cancel(run: Run) -> None:
    """The runtime has been asked to end the run's job."""
    if run.external_id:
        github.cancel_run(run.repository, run.external_id)


def has_ended(run: Run) -> bool:
    """Whether the run's job is over at its runtime; one that never began is. Raises github.NoAnswer."""
    return not run.external_id or github.has_ended(run.repository, run.external_id)
