"""Jobs on this machine: what GitHub Actions knows of its runs, kept in `.dispatch/runs/<id>/` so that it outlives the server.

job.json    what was asked for; written once
state.json  where it is; written by its supervisor
lock        held for as long as the supervisor lives
log.txt     what it said
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

Status = Literal["queued", "in_progress", "completed"]
Conclusion = Literal["success", "failure", "cancelled"]
Step = Literal["run", "publish", "over"]


@dataclass(frozen=True)
class Job:
    """What was asked for. `repository` is a folder, `commit` what the agent starts from."""

    id: int
    run_id: str
    generation: int
    issue: str
    workflow: str
    repository: str
    commit: str
    created_at: float


@dataclass(frozen=True)
class State:
    """Where a job is, in GitHub's words; `pid` is its supervisor. `step` is what it did last: "over" where nothing is left to be done."""

    status: Status
    conclusion: Conclusion | None = None
    pid: int | None = None
    updated_at: float = 0.0
    step: Step = "run"


class JobFolder:
    """One job's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "log.txt"
        self.worktree = path / "worktree"
        self.spool = path / "spool"

    def job(self) -> Job:
        """What was asked for."""
        return Job(**json.loads((self.path / "job.json").read_text()))

    def state(self) -> State:
        """Where the job is. One whose supervisor died without a word has failed."""
        state = self._written()
        if state.status != "completed" and not self.is_supervised():
            state = self._written()  # its last word may have come between the two looks
            if state.status != "completed":
                return replace(state, status="completed", conclusion="failure")
        return state

    def is_unfinished(self) -> bool:
        """Whether the last thing written about it is that it goes on."""
        return self._written().status != "completed"

    def has_to_publish(self) -> bool:
        """Whether the job ended without having published what its agent may have proposed."""
        state = self.state()
        return state.status == "completed" and state.conclusion == "failure" and state.step != "over"

    def last_step(self) -> Step:
        """What the job did last."""
        return self._written().step

    def write(self, state: State) -> None:
        """The state is on disk, whole."""
        _write(self.path / "state.json", asdict(replace(state, updated_at=time.time())))

    def is_supervised(self) -> bool:
        """Whether the supervisor lives: the kernel lets go of its lock when it dies, however it dies."""
        with (self.path / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared, so that two who ask do not see each other
            except BlockingIOError:
                return True
        return False

    def _written(self) -> State:
        return State(**json.loads((self.path / "state.json").read_text()))


class Jobs:
    """All jobs of this data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, *, run_id: str, generation: int, issue: str, workflow: str, repository: Path, commit: str) -> JobFolder:
        """A new job's folder, its state `queued`. Ids grow, also across data folders: they are the milliseconds of the day."""
        number = max([int(time.time() * 1000), *(one + 1 for one in self._ids())])
        while not _made(self._folder / str(number)):
            number += 1
        found = JobFolder(self._folder / str(number))
        job = Job(number, run_id, generation, issue, workflow, str(repository), commit, time.time())
        _write(found.path / "job.json", asdict(job))
        found.write(State("queued"))
        return found

    def find(self, number: int) -> JobFolder | None:
        """The folder of the job with this id, or None."""
        return JobFolder(self._folder / str(number)) if (self._folder / str(number) / "state.json").is_file() else None

    def __iter__(self) -> Iterator[JobFolder]:
        """Every job, oldest first."""
        return (folder for number in sorted(self._ids()) if (folder := self.find(number)))

    def _ids(self) -> list[int]:
        return [int(entry.name) for entry in self._folder.iterdir() if entry.name.isdigit()]


def _made(path: Path) -> bool:
    try:
        path.mkdir()
    except FileExistsError:
        return False
    return True


def _write(path: Path, content: dict[str, object]) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(content))
    draft.replace(path)
