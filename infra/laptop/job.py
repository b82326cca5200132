"""The supervisor of one job: `python -m infra.laptop.job FOLDER RUNNER`, a process of its own that outlives the server.

What GitHub's runner does: a fresh checkout, the agent step, the publish step, cleaning up. Told to stop, it stops everything it started.
With `publish` as a third word it does that step alone: an earlier supervisor died before it was done.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType

from infra.laptop import claude
from infra.laptop.jobs import Conclusion, Job, JobFolder, State, Step
from infra.laptop.processes import end_with_parent
from infra.laptop.repository import RepositoryError, worktree

SCRIPTED = "DISPATCH_SCRIPTED_MODEL"  # in a job's environment, "1" instead of a key
PUBLISH_TRIES, PUBLISH_PAUSE_S = 3, 1.0
GAVE_UP = 3  # the runner's exit code for "not published, and people know why"
GRACE_S = 8.0  # for the runner to end its agent and say a last word
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36


class Cancelled(BaseException):
    """Somebody cancelled this job."""


def main(folder: JobFolder, runner: Path, *, from_step: Step = "run") -> None:
    """The job is done, and its folder says how. From "publish" on, it has succeeded only where its agent had."""
    conclusion: Conclusion = "failure"
    has_run = folder.last_step() == "publish"
    try:
        signal.signal(signal.SIGTERM, _cancel)
        folder.write(State("in_progress", pid=os.getpid(), step="publish" if has_run else "run"))
        _become_keeper()
        if from_step == "run":
            conclusion = run(folder, runner)
        elif publish(folder, runner, os.environ | _told(folder.job(), folder), place=folder.path) == "success" and has_run:
            conclusion = "success"
    except Cancelled:
        conclusion = "cancelled"
    except (RepositoryError, claude.NoClaudeError, OSError) as error:
        _say(f"The job failed: {error}")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end_all_children()
        folder.write(State("completed", conclusion, os.getpid(), step=folder.last_step()))


def run(folder: JobFolder, runner: Path) -> Conclusion:
    """Both steps, in a fresh worktree. The second publishes what the first proposed, and does nothing if that was nothing."""
    job = folder.job()
    environment = os.environ | _told(job, folder)
    environment["DISPATCH_CLAUDE"] = str(_agent_program(folder))
    folder.spool.mkdir(exist_ok=True)
    with _model(environment) as access, worktree(Path(job.repository), job.commit, folder.worktree):
        environment |= access
        _say(f"{job.workflow} for {job.issue} on {job.commit[:12]} of {job.repository}")
        if (code := _step([sys.executable, str(runner), "run"], folder.worktree, environment)) != 0:
            _say(f"The step run ended with {code}.")
            return "failure"
        folder.write(State("in_progress", pid=os.getpid(), step="publish"))
        return publish(folder, runner, environment, place=folder.worktree)


def publish(folder: JobFolder, runner: Path, environment: Mapping[str, str], *, place: Path) -> Conclusion:
    """The proposed patch is on its branch, or people know why not; where neither could be done, the folder says that it has yet to be."""
    code = 0
    for number in range(1, PUBLISH_TRIES + 1):
        code = _step([sys.executable, str(runner), "publish"], place, environment)
        if code in {0, GAVE_UP}:
            break
        _say(f"The step publish ended with {code}, try {number} of {PUBLISH_TRIES}.")
        time.sleep(PUBLISH_PAUSE_S * number)
    else:
        reason = {
            "DISPATCH_REASON": f"The publish job ended {PUBLISH_TRIES} times before it was done, the last time with exit code {code}."
        }
        if _step([sys.executable, str(runner), "give-up"], place, {**environment, **reason}) != 0:
            return "failure"
    folder.write(State("in_progress", pid=os.getpid(), step="over"))
    return "success" if code == 0 else "failure"


def _model(environment: dict[str, str]) -> AbstractContextManager[dict[str, str]]:
    """A scripted model of the job's own, where there is no real one."""
    if environment.pop(SCRIPTED, "") != "1":
        return nullcontext({})
    from infra.laptop.jobmodel import scripted_model

    return scripted_model()


def _told(job: Job, folder: JobFolder) -> dict[str, str]:
    return {
        "DISPATCH_RUN_ID": job.run_id,
        "DISPATCH_GENERATION": str(job.generation),
        "DISPATCH_WORKTREE": str(folder.worktree),
        "DISPATCH_SPOOL_DIR": str(folder.spool),
        "DISPATCH_REPOSITORY": job.repository,
        "PYTHONUNBUFFERED": "1",
    }


def _agent_program(folder: JobFolder) -> Path:
    """The Claude Code CLI. Where it cannot be had, its place: the runner then claims the run and reports that it cannot start it."""
    data = folder.path.parents[1]
    try:
        return claude.ensure(data, tell=_say)
    except claude.NoClaudeError as error:
        _say(str(error))
        return claude.place(data)


def _step(command: list[str], place: Path, environment: Mapping[str, str]) -> int:
    process = subprocess.Popen(
        command,
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 this process has one thread
    )
    try:
        return process.wait()
    except Cancelled:
        _say("Cancelled: the agent is told to stop.")
        _end_group(process)
        raise


def _end_group(process: subprocess.Popen[bytes]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    _signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        _say("It did not stop in time and is killed.")
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _end_all_children() -> None:
    """On Linux, also what slipped out of its group: as their adopter we see every process that the runner left behind."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    deadline = time.monotonic() + GRACE_S
    while children.exists() and (left := children.read_text().split()) and time.monotonic() < deadline:
        for pid in map(int, left):
            _signal(pid, signal.SIGKILL)
        _reap()
        time.sleep(0.05)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _cancel(_number: int, _frame: FrameType | None) -> None:
    raise Cancelled


def _become_keeper() -> None:
    """On Linux: orphans of our children become ours, and other processes of this user cannot read the keys we were given."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _say(line: str) -> None:
    print(f"[job] {line}", flush=True)


if __name__ == "__main__":
    main(JobFolder(Path(sys.argv[1])), Path(sys.argv[2]), from_step="publish" if sys.argv[3:] == ["publish"] else "run")
