"""The publish job at GitHub: the accepted patch stands on its branch there, with one draft pull request, however often it is tried."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.agent.conftest import Runner, git
from tests.unit.agent.control_plane import ControlPlane
from tests.unit.agent.github import TOKEN, GitHub
from tests.unit.agent.test_publish import hanging_git
from tests.unit.agent.test_repository import opened, patch_of

BRANCH = "dispatch/dispatch-1-0192ab34"


@pytest.fixture
def github(tmp_path: Path, worktree: Path) -> Iterator[GitHub]:
    origin = tmp_path / "origin.git"
    git(tmp_path, "clone", "-q", "--bare", str(worktree), str(origin))
    git(origin, "config", "http.receivepack", "true")
    with GitHub(origin) as github:
        yield github


@pytest.fixture
def base(plane: ControlPlane, worktree: Path) -> str:
    """The commit that the accepted patch applies to."""
    base = opened(worktree).head()
    (worktree / "README.md").write_text("bye\n")
    mbox = patch_of(worktree, base)["mbox"]
    git(worktree, "reset", "-q", "--hard", base)
    plane.patch = {
        "verdict": "accepted",
        "branch": BRANCH,
        "base_commit": base,
        "files": ["README.md"],
        "mbox": mbox,
        "lands_on": None,
        "base_branch": None,
        "title": "DISPATCH-1: Say bye",
        "body": "Why.\n\nDispatch-Issue: DISPATCH-1",
        "pull": None,
    }
    return base


@pytest.fixture
def publish(start: Runner, worktree: Path, github: GitHub):
    """Starts a publish job at this GitHub."""
    return lambda **more: start("claude", "publish", DISPATCH_REPOSITORY=str(worktree), **(github.settings() | more))


def stands(github: GitHub, branch: str = BRANCH) -> str:
    return git(github.origin, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").strip()


def refusal(plane: ControlPlane) -> str:
    (reason,) = plane.unpublished
    return reason


def test_the_patch_is_pushed_and_its_draft_pull_request_opened(plane: ControlPlane, github: GitHub, base: str, publish) -> None:
    runner = publish()
    _, err = runner.communicate(timeout=20)

    assert runner.returncode == 0, err
    assert plane.published is not None
    assert plane.published["head_commit"] == stands(github)
    assert plane.published["pull"] == {
        "number": 1,
        "url": f"{github.url}/acme/shop/pull/1",
        "draft": True,
        "base": "main",
        "head_sha": stands(github),
    }
    wanted = {"title": "DISPATCH-1: Say bye", "body": "Why.\n\nDispatch-Issue: DISPATCH-1", "head": BRANCH, "base": "main", "draft": True}
    assert github.asked == [wanted]
    assert stands(github, "main") == base


@pytest.mark.parametrize(("told", "configured", "base_branch"), [("release", "develop", "release"), (None, "develop", "develop")])
def test_the_pull_request_goes_to_the_base_that_was_said(
    plane: ControlPlane, github: GitHub, base: str, publish, tmp_path: Path, told: str | None, configured: str, base_branch: str
) -> None:
    plane.patch["base_branch"] = told
    (tmp_path / "dispatch.toml").write_text(f'base = "{configured}"\n')

    assert publish(DISPATCH_CONFIGURATION=str(tmp_path / "dispatch.toml")).wait(20) == 0

    assert [asked["base"] for asked in github.asked] == [base_branch]


def test_the_token_stands_in_no_argument_and_in_no_output(plane: ControlPlane, github: GitHub, base: str, publish, tmp_path: Path) -> None:
    watching = tmp_path / "bin"
    watching.mkdir()
    real = next(Path(entry) / "git" for entry in os.environ["PATH"].split(":") if (Path(entry) / "git").exists())
    (watching / "git").write_text(f'#!/bin/sh\necho "$@" >> {watching}/said\nenv > {watching}/$1.$$\nexec {real} "$@"\n')
    (watching / "git").chmod(0o755)

    runner = publish(PATH=f"{watching}:{os.environ['PATH']}")
    out, err = runner.communicate(timeout=20)

    assert runner.returncode == 0
    said = (watching / "said").read_text()
    assert " push " in said
    key = next(line for path in watching.glob("-c.*") for line in path.read_text().splitlines() if line.startswith("GIT_CONFIG_VALUE_0="))
    secret = key.split()[-1]
    assert not [text for text in (said, out, err, str(plane.published)) if TOKEN in text or secret in text]
    assert not [path for path in watching.glob("-c.*") if TOKEN in path.read_text()]  # the repository's own programs see no token by name


@pytest.mark.parametrize("step", ["worktree add", "am", "push"])
def test_killed_in_the_middle_of_git_it_ends_the_same(
    plane: ControlPlane, github: GitHub, base: str, publish, tmp_path: Path, step: str
) -> None:
    hangs = hanging_git(tmp_path, step)
    first = publish(PATH=f"{hangs}:{os.environ['PATH']}")
    plane.wait_for((hangs / "pid").exists)
    kill(first)

    assert publish().wait(20) == 0

    assert plane.published is not None
    assert plane.published["head_commit"] == stands(github)
    assert len(github.pulls) == 1


def test_killed_before_it_could_say_so_it_says_the_same_the_second_time(plane: ControlPlane, github: GitHub, base: str, publish) -> None:
    plane.answers["published"] = 503
    first = publish()
    plane.wait_for(lambda: plane.made("published"))
    kill(first)
    del plane.answers["published"]

    assert publish().wait(20) == 0

    assert plane.published == plane.made("published")[0]
    assert len(github.pulls) == 1


def test_commits_that_people_have_put_on_top_since_are_left_there(
    plane: ControlPlane, github: GitHub, base: str, publish, tmp_path: Path
) -> None:
    assert publish().wait(20) == 0
    git(tmp_path, "clone", "-q", "-b", BRANCH, str(github.origin), "person")
    git(tmp_path / "person", "commit", "-q", "--allow-empty", "-m", "Mine")
    git(tmp_path / "person", "push", "-q", "origin", BRANCH)
    theirs = stands(github)

    assert publish().wait(20) == 0

    assert stands(github) == theirs
    first, second = plane.made("published")
    assert first == second


def test_work_that_goes_on_is_pushed_to_the_same_branch_and_pull_request(plane: ControlPlane, github: GitHub, base: str, publish) -> None:
    git(github.origin, "branch", BRANCH, base)
    github.open({"head": BRANCH, "base": "main"})
    plane.patch["lands_on"] = base

    assert publish().wait(20) == 0

    assert plane.published is not None
    assert plane.published["head_commit"] == stands(github) != base
    assert (plane.published["pull"]["number"], plane.published["pull"]["draft"]) == (1, False)
    assert github.asked == []


@pytest.mark.parametrize("lands", [True, False])
def test_a_branch_that_holds_other_work_is_left_alone(
    plane: ControlPlane, github: GitHub, base: str, publish, tmp_path: Path, lands: bool
) -> None:
    plane.patch["lands_on"] = base if lands else None
    git(tmp_path, "clone", "-q", str(github.origin), "person")
    git(tmp_path / "person", "commit", "-q", "--allow-empty", "-m", "Mine")
    git(tmp_path / "person", "push", "-q", "origin", f"HEAD:refs/heads/{BRANCH}")
    theirs = stands(github)

    assert publish().wait(30) == 3

    assert stands(github) == theirs
    assert refusal(plane) == f"{BRANCH} exists already and holds other work."
    assert github.pulls == []


def test_what_the_trusted_configuration_protects_is_not_published(
    plane: ControlPlane, github: GitHub, base: str, publish, tmp_path: Path
) -> None:
    (tmp_path / "dispatch.toml").write_text('protected = ["README.*"]\n')

    assert publish(DISPATCH_CONFIGURATION=str(tmp_path / "dispatch.toml")).wait(20) == 3

    assert "protects README.md" in refusal(plane)
    assert stands(github) == ""


def test_a_configuration_that_cannot_be_read_lets_nothing_through(
    plane: ControlPlane, github: GitHub, base: str, publish, tmp_path: Path
) -> None:
    (tmp_path / "dispatch.toml").write_text("protected = [\n")

    assert publish(DISPATCH_CONFIGURATION=str(tmp_path / "dispatch.toml")).wait(20) == 3

    assert "cannot be read" in refusal(plane)
    assert stands(github) == ""


def test_a_base_that_looks_like_a_branch_of_our_own_is_never_pushed_to(plane: ControlPlane, github: GitHub, base: str, publish) -> None:
    git(github.origin, "branch", BRANCH, base)
    plane.patch |= {"lands_on": base, "base_branch": BRANCH}

    assert publish().wait(20) == 3

    assert stands(github) == base


def test_where_drafts_are_not_to_be_had_it_is_an_ordinary_pull_request(plane: ControlPlane, github: GitHub, base: str, publish) -> None:
    github.says = ["no drafts"]

    assert publish().wait(20) == 0

    assert plane.published is not None
    assert plane.published["pull"]["draft"] is False


@pytest.mark.parametrize("trouble", ["slow down", "spent", "trouble", "lost"])
def test_github_in_trouble_is_asked_again_and_there_is_still_one_pull_request(
    plane: ControlPlane, github: GitHub, base: str, publish, trouble: str
) -> None:
    github.says = [trouble]

    assert publish().wait(20) == 0

    assert plane.published is not None
    assert plane.published["pull"]["number"] == 1
    assert len(github.pulls) == 1


@pytest.mark.parametrize(
    ("says", "why"), [("not permitted", "Allow GitHub Actions to create and approve pull requests"), ("bad base", "base is invalid")]
)
def test_where_no_pull_request_can_be_opened_the_branch_stands_and_people_are_told_why(
    plane: ControlPlane, github: GitHub, base: str, publish, says: str, why: str
) -> None:
    github.says = [says]

    assert publish().wait(20) == 3

    assert plane.published is not None
    assert (plane.published["head_commit"], plane.published["pull"]) == (stands(github), None)
    assert why in refusal(plane)


def test_a_publish_job_without_a_token_says_so(plane: ControlPlane, base: str, publish) -> None:
    runner = publish(GITHUB_TOKEN="")
    _, err = runner.communicate(timeout=20)

    assert runner.returncode == 2
    assert "GITHUB_TOKEN is not set" in err


def kill(runner: Any) -> None:
    runner.send_signal(signal.SIGKILL)
    runner.wait()
