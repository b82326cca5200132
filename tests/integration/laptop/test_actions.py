"""The Actions-shaped door: jobs are started in worktrees, watched, cancelled, and outlive the server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from infra.laptop import jobs
from infra.laptop.actions import Actions

PATH = "/repos/laptop/shop/actions"
RUNNER = Path(__file__).with_name("fake_runner.py")


def git(repository: Path, *words: str) -> str:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", "-C", str(repository), *identity, *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "shop"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    (place / "a.txt").write_text("one\n")
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "One")
    return place


class Door:
    """The door on one repository, as product code would use it."""

    def __init__(self, repository: Path, data: Path, marks: Path, says: str = "", **more: str) -> None:
        program = marks / "claude"
        program.write_text("#!/bin/sh\n")
        environment = {"FAKE_MARKS": str(marks), "FAKE_SAYS": says, "DISPATCH_API_KEY": "key", "DISPATCH_CLAUDE": str(program)} | more
        self.actions = Actions("laptop/shop", repository, "token", data, environment, "http://localhost:3002", runner=RUNNER)
        self.http = TestClient(self.actions.door(), headers={"authorization": "Bearer token"})
        self.marks, self.data = marks, data

    def dispatch(self, run_id: str = "0192ab34-0000-7000-8000-000000000001", **more: Any) -> Any:
        body = {"ref": "main", "inputs": {"run_id": run_id, "generation": "1", "issue": "DISPATCH-1"}, "return_run_details": True} | more
        return self.http.post(f"{PATH}/workflows/prd-investigate.yml/dispatches", json=body)

    def state(self, number: int) -> tuple[str, str | None]:
        answer = self.http.get(f"{PATH}/runs/{number}").json()
        return answer["status"], answer["conclusion"]

    def wait(self, number: int, seconds: float = 25) -> str | None:
        wait_until(lambda: self.state(number)[0] == "completed", seconds)
        return self.state(number)[1]

    def mark(self, run_id: str, step: str) -> dict[str, Any]:
        return json.loads((self.marks / f"{run_id}-{step}.json").read_text())


def wait_until(condition: Callable[[], object], seconds: float = 25) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def make_door(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Door]:
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "secret")
    marks = tmp_path / "marks"
    marks.mkdir()
    return lambda says="", **more: Door(repository, tmp_path / "data", marks, says, **more)


def worktrees(repository: Path) -> int:
    return len(git(repository, "worktree", "list").splitlines())


def test_a_job_runs_both_steps_in_a_worktree_of_the_base_and_leaves_none(make_door: Callable[..., Door], repository: Path) -> None:
    door = make_door("")
    run_id = "0192ab34-0000-7000-8000-000000000001"

    answer = door.dispatch(run_id)

    assert answer.status_code == 200
    assert answer.json()["html_url"] == "http://localhost:3002/issue/DISPATCH-1"
    number = answer.json()["workflow_run_id"]
    assert door.wait(number) == "success"
    ran, published = door.mark(run_id, "run"), door.mark(run_id, "publish")
    assert ran["files"] == [".git", "a.txt"]
    assert ran["cwd"] == published["cwd"] == str(door.data / "runs" / str(number) / "worktree")
    told = {name: value for name, value in ran["environment"].items() if name.startswith("DISPATCH_")}
    assert told["DISPATCH_RUN_ID"] == run_id
    assert (told["DISPATCH_GENERATION"], told["DISPATCH_API_KEY"], told["DISPATCH_REPOSITORY"]) == ("1", "key", str(repository))
    assert "SECRET_OF_THE_SERVER" not in ran["environment"]
    assert "step run says hello" in door.http.get(f"{PATH}/runs/{number}/logs").text
    assert worktrees(repository) == 1
    assert not Path(ran["cwd"]).exists()


def test_a_job_without_a_key_has_a_scripted_model_of_its_own(make_door: Callable[..., Door], repository: Path) -> None:
    door = make_door("model", DISPATCH_SCRIPTED_MODEL="1")

    number = door.dispatch("r1").json()["workflow_run_id"]

    assert door.wait(number) == "success"
    assert door.mark("r1", "run")["environment"]["ANTHROPIC_API_KEY"] == "scripted"
    assert (door.marks / "model").read_text() == "200"


def test_a_failing_step_fails_the_job_and_nothing_is_published(make_door: Callable[..., Door], repository: Path) -> None:
    door = make_door("fail")

    number = door.dispatch("r1").json()["workflow_run_id"]

    assert door.wait(number) == "failure"
    assert not (door.marks / "r1-publish.json").exists()
    assert worktrees(repository) == 1


def test_several_jobs_at_once_each_have_a_worktree(make_door: Callable[..., Door], repository: Path) -> None:
    door = make_door("")

    numbers = [door.dispatch(f"r{n}").json()["workflow_run_id"] for n in range(4)]

    assert [door.wait(number) for number in numbers] == ["success"] * 4
    assert numbers == sorted(set(numbers))
    assert len({door.mark(f"r{n}", "run")["cwd"] for n in range(4)}) == 4
    assert worktrees(repository) == 1


@pytest.mark.parametrize("says", ["sleep", "stubborn"])
def test_a_cancelled_job_takes_everything_it_started_along(make_door: Callable[..., Door], repository: Path, says: str) -> None:
    door = make_door(says)
    number = door.dispatch("r1").json()["workflow_run_id"]
    wait_until(lambda: (door.marks / "pids").exists() and (door.marks / "pids").read_text())
    pids = [int(pid) for pid in (door.marks / "pids").read_text().split()]
    assert door.state(number) == ("in_progress", None)

    assert door.http.post(f"{PATH}/runs/{number}/cancel").status_code == 202

    assert door.wait(number) == "cancelled"
    wait_until(lambda: not any(map(is_alive, pids)), 5)
    assert worktrees(repository) == 1
    assert door.http.post(f"{PATH}/runs/{number}/cancel").status_code == 409


def test_a_job_cancelled_at_once_is_cancelled(make_door: Callable[..., Door]) -> None:
    door = make_door("sleep")
    number = door.dispatch("r1").json()["workflow_run_id"]

    door.http.post(f"{PATH}/runs/{number}/cancel")

    assert door.wait(number) == "cancelled"


def test_a_killed_supervisor_takes_its_runner_along_and_is_mended(make_door: Callable[..., Door], repository: Path) -> None:
    door = make_door("sleep")
    number = door.dispatch("r1").json()["workflow_run_id"]
    wait_until(lambda: (door.marks / "pids").exists() and (door.marks / "pids").read_text())
    runner, slipped = (int(pid) for pid in (door.marks / "pids").read_text().split())
    folder = jobs.JobFolder(door.data / "runs" / str(number))
    supervisor = folder.state().pid
    assert supervisor

    os.kill(supervisor, signal.SIGKILL)

    wait_until(lambda: door.state(number) == ("completed", "failure"))
    wait_until(lambda: not is_alive(runner))
    assert worktrees(repository) == 2
    assert door.actions.mend() == [number]
    assert door.actions.mend() == []
    assert worktrees(repository) == 1
    os.kill(slipped, signal.SIGKILL)


def test_a_job_killed_while_it_published_publishes_at_the_next_start(make_door: Callable[..., Door], repository: Path) -> None:
    door = make_door("hang")
    number = door.dispatch("r1").json()["workflow_run_id"]
    wait_until(lambda: (door.marks / "hung").exists() and (door.marks / "hung").read_text())
    supervisor = jobs.JobFolder(door.data / "runs" / str(number)).state().pid
    assert supervisor
    (door.marks / "r1-publish.json").unlink()

    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: door.state(number) == ("completed", "failure"))
    assert door.actions.mend() == [number]

    wait_until(lambda: door.state(number) == ("completed", "success"))
    assert (door.marks / "r1-publish.json").exists()
    assert worktrees(repository) == 1
    assert door.actions.mend() == []
    assert door.state(number) == ("completed", "success")
    wait_until(lambda: not is_alive(int((door.marks / "hung").read_text())))


def test_a_publish_step_that_dies_every_time_is_given_up_with_a_reason(make_door: Callable[..., Door]) -> None:
    door = make_door("die")

    number = door.dispatch("r1").json()["workflow_run_id"]

    assert door.wait(number, 40) == "failure"
    assert (door.marks / "deaths").read_text() == "xxx"
    reason = door.mark("r1", "give-up")["environment"]["DISPATCH_REASON"]
    assert reason == "The publish job ended 3 times before it was done, the last time with exit code -9."
    assert not jobs.JobFolder(door.data / "runs" / str(number)).has_to_publish()


def test_a_patch_that_was_given_up_by_the_runner_is_not_tried_again(make_door: Callable[..., Door]) -> None:
    door = make_door("given up")

    number = door.dispatch("r1").json()["workflow_run_id"]

    assert door.wait(number) == "failure"
    assert not jobs.JobFolder(door.data / "runs" / str(number)).has_to_publish()
    assert not (door.marks / "r1-give-up.json").exists()


def test_a_job_outlives_the_server_that_started_it(repository: Path, tmp_path: Path, make_door: Callable[..., Door]) -> None:
    door = make_door("sleep")
    program = (
        "import sys; from tests.integration.laptop.test_actions import Door; from pathlib import Path; import os, signal\n"
        "d = Door(*map(Path, sys.argv[1:4]), 'sleep'); print(d.dispatch('r1').json()['workflow_run_id'], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    words = [sys.executable, "-c", program, str(repository), str(door.data), str(door.marks)]
    number = int(subprocess.run(words, capture_output=True, text=True, check=False).stdout)
    wait_until((door.marks / "pids").exists)

    assert door.actions.mend() == []
    assert door.state(number) == ("in_progress", None)

    door.http.post(f"{PATH}/runs/{number}/cancel")
    assert door.wait(number) == "cancelled"


def test_a_laptop_has_branches_and_no_pull_requests(make_door: Callable[..., Door]) -> None:
    assert make_door("").http.get("/repos/laptop/shop/pulls").json() == []


def test_uncommitted_changes_are_refused_by_name_and_start_nothing(make_door: Callable[..., Door], repository: Path) -> None:
    door = make_door("")
    (repository / "a.txt").write_text("two\n")

    answer = door.dispatch()

    assert answer.status_code == 422
    assert "uncommitted changes (a.txt)" in answer.json()["message"]
    assert list(jobs.Jobs(door.data / "runs")) == []


def test_untracked_files_do_not_stop_a_job(make_door: Callable[..., Door], repository: Path) -> None:
    door = make_door("")
    (repository / "notes.txt").write_text("mine")

    assert door.wait(door.dispatch("r1").json()["workflow_run_id"]) == "success"
    assert door.mark("r1", "run")["files"] == [".git", "a.txt"]


def test_a_repository_without_commits_is_refused(make_door: Callable[..., Door], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    door = Door(empty, tmp_path / "data", tmp_path / "marks")

    answer = door.dispatch()

    assert (answer.status_code, "no commits yet" in answer.json()["message"]) == (422, True)


def test_the_base_branch_of_the_repositorys_own_configuration_is_used(make_door: Callable[..., Door], repository: Path) -> None:
    git(repository, "branch", "develop")
    (repository / ".github").mkdir()
    (repository / ".github/dispatch.toml").write_text('base = "develop"\n')
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "Configure")
    door = make_door("")

    answer = door.http.get(f"{PATH}/runs/{door.dispatch().json()['workflow_run_id']}").json()

    assert answer["head_sha"] == git(repository, "rev-parse", "develop")
    door.wait(answer["id"])


def test_a_base_branch_that_does_not_exist_is_refused(make_door: Callable[..., Door], repository: Path) -> None:
    (repository / ".github").mkdir()
    (repository / ".github/dispatch.toml").write_text('base = "absent"\n')
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "Configure")

    answer = make_door("").dispatch()

    assert (answer.status_code, "absent" in answer.json()["message"]) == (422, True)


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/repos/laptop/other/actions/workflows/prd-investigate.yml/dispatches", None, {}, 404),
        (f"{PATH}/workflows/unknown.yml/dispatches", None, {}, 404),
        (f"{PATH}/workflows/prd-investigate.yml/dispatches", None, {"authorization": "Bearer wrong"}, 401),
        (f"{PATH}/workflows/prd-investigate.yml/dispatches", {"ref": "main", "inputs": {"run_id": "r"}}, {}, 422),
        (f"{PATH}/workflows/prd-investigate.yml/dispatches", {"inputs": {}}, {}, 422),
        (f"{PATH}/workflows/prd-investigate.yml/dispatches", [], {}, 422),
        (f"{PATH}/runs/1/cancel", None, {}, 404),
    ],
)
def test_a_wrong_request_gets_githubs_status_and_a_message(
    make_door: Callable[..., Door], path: str, body: Any, headers: dict[str, str], status: int
) -> None:
    door = make_door("")
    right = {"ref": "main", "inputs": {"run_id": "r", "generation": "1", "issue": "D-1"}}

    answer = door.http.post(path, json=right if body is None else body, headers=headers)

    assert answer.status_code == status
    assert answer.json()["message"]
