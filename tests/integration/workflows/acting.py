"""What a test does on a Dispatch and its GitHub, in one line each."""

from dataclasses import dataclass
from typing import Any

from tests.e2e.instance import Instance, until
from tests.github.hub import Hub, Run


@dataclass(frozen=True)
class Acting:
    """A Dispatch and its GitHub."""

    instance: Instance
    github: Hub

    def run(self, workflow: str, issue: str | None = None, **more: Any) -> "Finished":
        """A run of the workflow, from its spawn to the end of its jobs on GitHub."""
        ref = issue or self.instance.new_issue("The total is wrong for orders with a discount")
        spawn = self.instance.spawn(ref, workflow, **more)
        assert spawn.get("run_id"), spawn
        job = self.job_of(spawn["run_id"]).wait(90)
        return Finished(ref, self.instance.ask("GET", f"/api/runs/{spawn['run_id']}"), job)

    def job_of(self, run_id: str) -> Run:
        """The run's newest job on GitHub, once it was dispatched."""

        def dispatched() -> Run | None:
            return next((run for run in reversed(self.github.runs.values()) if run.inputs["run_id"] == run_id), None)

        return until(dispatched, 30, f"run {run_id} was never dispatched")


@dataclass(frozen=True)
class Finished:
    """An issue, its run as Dispatch shows it, and its job on GitHub."""

    issue: str
    run: dict[str, Any]
    job: Run
