"""The worktree a run works in: where it stands, what sets it up, and the repository's own checks before and after the work."""

from pathlib import Path
from typing import Any

from agent.artifacts import MOST_ARTIFACTS, Artifact, collect, copy
from agent.checks import CHECK_LIMIT_S, compared, run_command
from agent.configuration import Configuration
from agent.outbox import Outbox
from agent.patterns import matches
from agent.repository import GitError, Repository
from agent.settings import Settings
from agent.stop import Reason, Stop


class StoppedError(Exception):
    """The job was asked to stop; nothing it is doing matters any longer."""


class NotReadyError(Exception):
    """The work cannot begin; the message is a sentence for people."""


class Workbench:
    """One run's worktree. Everything that runs in it is told to those who watch."""

    def __init__(self, settings: Settings, configuration: Configuration, outbox: Outbox, stop: Stop) -> None:
        self.settings, self.configuration, self.outbox, self.stop = settings, configuration, outbox, stop
        self.repository = Repository(settings.worktree, settings.command_environment())
        self.tracked: frozenset[str] = frozenset()
        self.before: list[dict[str, Any]] = []

    def stand(self, checkout: dict[str, Any] | None) -> str:
        """The worktree stands where the work begins; answers that commit. Raises `NotReadyError`.

        That is the commit that earlier work reached, else the configuration's base; what the job found, where neither is said. A
        configuration of the worktree's own was read where it stood: that is its base already.
        """
        if self.configuration.broken:
            raise NotReadyError(self.configuration.broken)
        for fault in self.configuration.faults:
            self.outbox.notice("warning", f"{fault} It is passed over.")
        if checkout:
            self._move(str(checkout["commit"]), f"The commit of {checkout['branch']} that this run builds on")
        elif self.configuration.base and self.settings.configuration:
            self._move(f"refs/remotes/origin/{self.configuration.base}", f"The base branch {self.configuration.base}")
        self.tracked = self.repository.tracked()
        return self.repository.head()

    def prepare(self) -> None:
        """The repository is set up, and its checks have run as it stands."""
        self.set_up(self.settings.worktree, "before the work")
        self.before = self._check("before the work")

    def set_up(self, place: Path, when: str) -> bool:
        """The repository's own commands have set `place` up; answers whether all went well."""
        commands = enumerate(self.configuration.setup, 1)
        done = [self.run(f"setup {number}", command, when, place=place, may_rise=True) for number, command in commands]
        return all(one["exit_code"] == 0 for one in done)

    def check_again(self) -> list[dict[str, Any]]:
        """The same checks as before the work, each with how it went then. Where the machine leaves no time, none."""
        try:
            return compared(self._check("after the work"), self.before)
        except StoppedError:
            if self.stop.reason == Reason.TERMINATED:  # what was done is still handed in
                return []
            raise

    def run(
        self, name: str, command: str, when: str, *, place: Path | None = None, limit_s: float = CHECK_LIMIT_S, may_rise: bool = False
    ) -> dict[str, Any]:
        """The protocol's check of one command; `may_rise` is for what sets a place up, and perhaps installs. Raises `StoppedError`."""
        self.go_on()
        check = run_command(
            name,
            command,
            cwd=place or self.settings.worktree,
            environment=self.settings.command_environment(),
            stop=self.stop,
            limit_s=limit_s,
            may_rise=may_rise,
        )
        check["output"] = self.outbox.masked(check["output"])
        passed = "passed" if check["exit_code"] == 0 else f"failed with exit code {check['exit_code']}"
        self.outbox.notice("info", f"{name} {passed} {when} in {check['seconds']:.1f} s: {command}\n{check['output']}".strip())
        return check

    def changes(self, base: str, known: dict[str, str]) -> str:
        """What differs from `base` and `known`, in words; empty where nothing does."""
        moved = ["HEAD"] if self.repository.head() != base else []
        left = [path for path in self.repository.leftovers_since(known) if not self.is_artifact(path)]
        return ", ".join(moved + sorted(left))[:500]

    def is_artifact(self, path: str) -> bool:
        """Whether the file is for people to look at, and no part of the work."""
        return path not in self.tracked and matches(path, self.configuration.artifacts)

    def artifacts(self) -> list[Artifact]:
        """The files that the run left for people; what is left out of them is said."""
        found = collect(self.settings.worktree, self.configuration.artifacts, tracked=self.tracked)
        for sentence in found.left_out[:MOST_ARTIFACTS]:
            self.outbox.notice("warning", sentence)
        artifacts = [artifact.masked(self.outbox.masked) for artifact in found.artifacts]
        if self.settings.artifacts_dir:
            copy(artifacts, self.settings.artifacts_dir)
        return artifacts

    def go_on(self) -> None:
        """Raises `StoppedError` where the job was asked to stop."""
        if self.stop.is_set():
            raise StoppedError

    def _check(self, when: str) -> list[dict[str, Any]]:
        return [self.run(name, command, when) for name, command in self.configuration.checks.items()]

    def _move(self, name: str, what: str) -> None:
        commit = self.repository.find_commit(name)
        if commit is None:
            raise NotReadyError(f"{what} is not in this checkout ({name}).")
        try:
            self.repository.check_out(commit)
        except GitError as error:
            raise NotReadyError(f"{what} cannot be checked out: {error}") from error
