"""A publish job that dies or fails: run again it finishes what was begun, and what cannot be done people hear of."""

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.unit.agent.conftest import Runner, git
from tests.unit.agent.control_plane import ControlPlane
from tests.unit.agent.test_repository import opened, patch_of

BRANCH = "dispatch/dispatch-1-0192ab34"


@pytest.fixture
def base(plane: ControlPlane, worktree: Path) -> str:
    """The commit that the accepted patch applies to."""
    base = opened(worktree).head()
    (worktree / "README.md").write_text("bye\n")
    mbox = patch_of(worktree, base)["mbox"]
    git(worktree, "reset", "-q", "--hard", base)
    plane.patch = {"verdict": "accepted", "branch": BRANCH, "base_commit": base, "files": ["README.md"], "mbox": mbox}
    return base


def kill(runner) -> None:
    runner.send_signal(signal.SIGKILL)
    runner.wait()


def test_killed_before_it_could_say_so_it_says_so_the_second_time(plane: ControlPlane, start: Runner, worktree: Path, base: str) -> None:
    plane.answers["published"] = 503
    first = start("claude", "publish", DISPATCH_REPOSITORY=str(worktree))
    plane.wait_for(lambda: plane.made("published"))
    kill(first)
    head = git(worktree, "rev-parse", BRANCH)
    del plane.answers["published"]

    assert start("claude", "publish", DISPATCH_REPOSITORY=str(worktree)).wait(20) == 0

    assert plane.published is not None
    assert plane.published["head_commit"] == head.strip() == git(worktree, "rev-parse", BRANCH).strip()
    assert git(worktree, "branch", "--list", "dispatch/*").split() == [BRANCH]


@pytest.mark.parametrize("step", ["worktree add", "am", "update-ref"])
def test_killed_in_the_middle_of_git_it_starts_anew(
    plane: ControlPlane, start: Runner, worktree: Path, base: str, tmp_path: Path, step: str
) -> None:
    hangs = hanging_git(tmp_path, step)
    first = start("claude", "publish", DISPATCH_REPOSITORY=str(worktree), PATH=f"{hangs}:{os.environ['PATH']}")
    plane.wait_for((hangs / "pid").exists)
    kill(first)

    assert start("claude", "publish", DISPATCH_REPOSITORY=str(worktree)).wait(20) == 0

    assert plane.published is not None
    assert git(worktree, "branch", "--list", "dispatch/*").split() == [BRANCH]
    assert git(worktree, "rev-list", "--count", f"{base}..{BRANCH}").strip() == "1"
    assert git(worktree, "worktree", "list").count("\n") == 1


def test_a_repository_that_is_locked_for_a_moment_is_tried_again(plane: ControlPlane, start: Runner, worktree: Path, base: str) -> None:
    lock = worktree / ".git" / "refs" / "heads" / "dispatch" / "dispatch-1-0192ab34.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    threading.Timer(1.5, lock.unlink).start()

    assert start("claude", "publish", DISPATCH_REPOSITORY=str(worktree)).wait(30) == 0
    assert plane.unpublished == []


def test_a_patch_that_cannot_be_published_is_reported_with_the_reason(
    plane: ControlPlane, start: Runner, worktree: Path, base: str
) -> None:
    git(worktree, "branch", BRANCH, base)

    assert start("claude", "publish", DISPATCH_REPOSITORY=str(worktree)).wait(20) == 3

    assert plane.unpublished == [f"{BRANCH} exists already and holds other work."]
    assert plane.published is None


def test_a_job_that_gives_up_says_why(plane: ControlPlane, start: Runner) -> None:
    assert start("claude", "give-up", DISPATCH_REASON="It was killed three times.").wait(20) == 0

    assert plane.unpublished == ["It was killed three times."]


def hanging_git(folder: Path, step: str) -> Path:
    """A folder with a git that does `step` and then hangs, once it has written down that it does."""
    place = folder / "bin"
    place.mkdir()
    real = next(Path(entry) / "git" for entry in os.environ["PATH"].split(":") if (Path(entry) / "git").exists())
    program = f'#!/bin/sh\n{real} "$@" || exit\ncase "$*" in *\' {step} \'*) echo $$ > {place}/pid; exec sleep 30;; esac\n'
    (place / "git").write_text(program)
    (place / "git").chmod(0o755)
    return place
