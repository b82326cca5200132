"""What a test does on a Dispatch and its GitHub, in one line each."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.instance import Instance, until
from tests.github.hub import NAME, Hub, Run
from tests.integration.agent.messages_api import Block, MessagesApi, call

DONE = call("StructuredOutput", outcome="completed", summary="Repaired.", report="All well.")
TITLE = "The total is wrong for orders with a discount"


@dataclass(frozen=True)
class Finished:
    """An issue, its run as Dispatch shows it, and its job on GitHub."""

    issue: str
    run: dict[str, Any]
    job: Run


@dataclass(frozen=True)
class Acting:
    """A Dispatch and its GitHub."""

    instance: Instance
    github: Hub

    def run(self, workflow: str, issue: str | None = None) -> Finished:
        """A run of the workflow, from its spawn to the end of its jobs on GitHub."""
        ref = issue or self.instance.new_issue(TITLE)
        return self.see_through(ref, self.instance.spawn(ref, workflow))

    def planned(self) -> str:
        """An issue whose plan waits for a person."""
        return self.run("prd-investigate").issue

    def approve(self, issue: str) -> Finished:
        """The issue's plan is approved, and the run that implements it has ended."""
        decided = self.instance.ask("POST", f"/api/issues/{issue}/plan", {"action": "approve", "version": 1})
        return self.see_through(issue, decided["spawn"])

    def see_through(self, issue: str, spawn: dict[str, Any], job: Run | None = None) -> Finished:
        """The spawn's run, once it and its jobs on GitHub have ended."""
        assert spawn.get("run_id"), spawn
        job = (job or self.job_of(spawn["run_id"])).wait(90)
        return Finished(issue, self.instance.ask("GET", f"/api/runs/{spawn['run_id']}"), job)

    def let_reviewers_be_done(self) -> bool:
        """The minutes are over in which a reviewer may say more; False where nobody has said anything yet."""
        return bool(
            self.instance.rows("UPDATE round SET wanted_at = wanted_at - interval '10 minutes' WHERE state = 'wanted' RETURNING id")
        )

    def newest_run(self, issue: str, *, other_than: str) -> dict[str, Any] | None:
        """The issue's newest run, if it is another than that."""
        newest = self.instance.ask("GET", f"/api/issues/{issue}/runs")["items"][0]
        return newest if newest["id"] != other_than else None

    def job_of(self, run_id: str) -> Run:
        """The run's newest job on GitHub, once it was dispatched."""

        def dispatched() -> Run | None:
            return next((run for run in self.github.newest_runs() if run.inputs["run_id"] == run_id), None)

        return until(dispatched, 30, f"run {run_id} was never dispatched")

    def said_in(self, job: Run) -> int:
        """How many events the runner had for Dispatch: its own copy of them was uploaded with the job."""
        [kept] = (self.github.folder / "jobs" / str(job.id) / "agent" / "artifacts").glob("*/*.ndjson")
        return len(kept.read_text().splitlines())

    @contextmanager
    def model_that_says(self, *turns: list[Block]) -> Iterator[MessagesApi]:
        """The agents' model says just this, turn after turn."""
        before = self.github.variables["ANTHROPIC_BASE_URL"]
        with MessagesApi(list(turns)) as api:
            self.github.variables["ANTHROPIC_BASE_URL"] = api.url
            yield api
            self.github.variables["ANTHROPIC_BASE_URL"] = before

    def tests_pass_on(self, branch: str, place: Path) -> bool:
        """What a person sees who checks the branch out and runs its tests."""
        subprocess.run(["git", "clone", "-q", "--branch", branch, str(self.github.folder / f"{NAME}.git"), str(place)], check=True)
        return subprocess.run(["python3", "-m", "unittest", "-q"], cwd=place, capture_output=True, check=False).returncode == 0
