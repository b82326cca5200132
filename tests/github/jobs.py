"""A run of a workflow, as GitHub's runners would have it: its jobs in order, each on a machine of its own with its own rights."""

import shutil
import threading
from typing import Any

from tests.github.expressions import fill, holds
from tests.github.hub import NAME, Hub, JobRun, Run
from tests.github.identity import Token
from tests.github.steps import Machine, StepFailed

EVERYWHERE = "/usr/local/bin:/usr/bin:/bin"
ENVIRONMENT = "dispatch"  # the only one there is; its secrets and variables are for its jobs alone


def start(hub: Hub, run: Run) -> None:
    """The run is on its way."""
    hub.tell("workflow_run", "requested", {"workflow_run": hub.show_run(run)})
    threading.Thread(target=_run, args=(hub, run), daemon=True).start()


def _run(hub: Hub, run: Run) -> None:
    group = fill(run.definition["concurrency"]["group"], {"inputs": run.inputs})
    with hub.groups[group]:
        run.status = "in_progress"
        hub.tell("workflow_run", "in_progress", {"workflow_run": hub.show_run(run)})
        try:
            for name, definition in run.definition["jobs"].items():
                run.jobs[name] = JobRun(hub.new_id(), name)
                run.jobs[name].conclusion = Job(hub, run, name, definition).act()
        finally:
            conclusions = [job.conclusion for job in run.jobs.values()]
            run.status = "completed"
            run.conclusion = next((word for word in ("cancelled", "failure") if word in conclusions or None in conclusions), "success")
            hub.tell("workflow_run", "completed", {"workflow_run": hub.show_run(run)})
            run.over.set()


class Job:
    """One job of a run."""

    def __init__(self, hub: Hub, run: Run, name: str, definition: dict[str, Any]) -> None:
        self.hub, self.run, self.definition, self.record = hub, run, definition, run.jobs[name]
        permissions = definition.get("permissions", run.definition.get("permissions", {}))
        self.token = hub.give(Token("github-actions[bot]", {"metadata": "read", **permissions}, self._claims()))
        self.machine = Machine(hub.folder / "jobs" / str(run.id) / name, run.cancelled)

    def act(self) -> str:
        """The job has been done; answers its conclusion. Its machine is gone, but for what it uploaded."""
        needed = [self.run.jobs[name] for name in _listed(self.definition.get("needs"))]
        contexts = self._contexts(needed)
        if self.run.cancelled.is_set():
            return "cancelled"
        if not holds(self.definition.get("if"), contexts, succeeded=all(job.conclusion == "success" for job in needed)):
            return "skipped"
        try:
            conclusion = self._do_steps(contexts)
            outputs = self.definition.get("outputs", {})
            self.record.outputs = {name: fill(value, contexts) for name, value in outputs.items()}
            return conclusion
        finally:
            self.record.log = self.machine.log
            del self.hub.tokens[self.token.value]  # GitHub's token ends with its job
            shutil.rmtree(self.machine.temp, ignore_errors=True)

    def _do_steps(self, contexts: dict[str, Any]) -> str:
        conclusion = "success"
        for number, step in enumerate(self.definition["steps"], 1):
            name = step.get("name", f"step {number}")
            if not holds(step.get("if"), contexts, succeeded=conclusion == "success"):
                self.record.steps[name] = "skipped"
                continue
            try:
                outputs = self.machine.do(step, contexts, self._environment(contexts))
                self.record.steps[name] = "success"
                contexts["steps"][step.get("id", "")] = {"outputs": outputs}
            except StepFailed as failure:
                self.machine.say(f"{name}: {failure}")
                self.record.steps[name] = "failure"
                conclusion = "cancelled" if self.run.cancelled.is_set() else "failure"
        return conclusion

    def _contexts(self, needed: list[JobRun]) -> dict[str, Any]:
        inside = self.definition.get("environment") == ENVIRONMENT
        return {
            "inputs": self.run.inputs,
            "secrets": {**(self.hub.secrets if inside else {}), "GITHUB_TOKEN": self.token.value},
            "vars": self.hub.variables if inside else {},
            "github": {
                "workspace": str(self.machine.workspace),
                "token": self.token.value,
                "event": {"repository": {"private": self.hub.is_private}},
            },
            "runner": {"temp": str(self.machine.temp)},
            "steps": {},
            "needs": {job.name: {"result": job.conclusion, "outputs": job.outputs} for job in needed},
        }

    def _environment(self, contexts: dict[str, Any]) -> dict[str, str]:
        """What every step finds in its environment, beside what the step itself names."""
        told = {
            "PATH": f"{self.hub.folder / 'bin'}:{EVERYWHERE}",
            "HOME": str(self.machine.home),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.hub.api_url,
            "GITHUB_SERVER_URL": self.hub.url,
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_RUN_ID": str(self.run.id),
            "GITHUB_RUN_ATTEMPT": str(self.run.attempt),
            "GITHUB_REF": self.run.ref,
            "GITHUB_SHA": self.run.sha,
            "GITHUB_WORKSPACE": contexts["github"]["workspace"],
            "RUNNER_TEMP": contexts["runner"]["temp"],
            "RUNNER_OS": "Linux",
        }
        if self.token.allows("id-token", "write"):
            told["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{self.hub.url}/oidc/token?api-version=2.0"
            told["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = self.token.value
        return told

    def _claims(self) -> dict[str, Any]:
        """What GitHub's word for this job says."""
        return {
            "sub": f"repo:{NAME}:environment:{self.definition.get('environment')}",
            "repository": NAME,
            "repository_owner": NAME.split("/")[0],
            "repository_id": "1",
            "workflow": self.run.definition["name"],
            "workflow_ref": f"{NAME}/.github/workflows/{self.run.file}@{self.run.ref}",
            "job_workflow_ref": f"{NAME}/.github/workflows/{self.run.file}@{self.run.ref}",
            "workflow_sha": self.run.sha,
            "ref": self.run.ref,
            "ref_type": "branch",
            "sha": self.run.sha,
            "event_name": "workflow_dispatch",
            "run_id": str(self.run.id),
            "run_attempt": str(self.run.attempt),
            "environment": self.definition.get("environment"),
            "runner_environment": "github-hosted",
        }


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else names or []
