"""Every workflow on GitHub, from its dispatch to its outcome: the shipped files' own steps, with the rights they name."""

from pathlib import Path

import pytest

from tests.e2e.instance import until
from tests.github.git import git
from tests.github.hub import NAME
from tests.integration.agent.messages_api import call
from tests.integration.workflows.acting import DONE, TITLE, Acting, Finished

pytestmark = pytest.mark.timeout(300)


def test_an_investigation_ends_with_a_plan(act: Acting) -> None:
    done = act.run("prd-investigate")

    assert done.job.conclusion == "success", done.job.log
    assert done.run["outcome"] == "investigation_complete"
    assert act.instance.ask("GET", f"/api/issues/{done.issue}/plan")["version"] == 1


def test_an_approved_plan_becomes_a_draft_pull_request_whose_tests_pass(act: Acting, implemented: Finished, tmp_path: Path) -> None:
    assert_draft(act, implemented)
    assert act.tests_pass_on(branch_of(implemented), tmp_path / "branch")
    assert not act.tests_pass_on("main", tmp_path / "main")


def test_an_error_becomes_a_draft_pull_request_whose_tests_pass(act: Acting, tmp_path: Path) -> None:
    done = act.run("auto-investigate")

    assert_draft(act, done)
    assert act.tests_pass_on(branch_of(done), tmp_path / "branch")


def test_a_small_issue_is_triaged_into_a_draft_pull_request(act: Acting) -> None:
    assert_draft(act, act.run("auto-triage"))


def test_qa_reports_on_what_stands_in_the_pull_request(act: Acting, implemented: Finished) -> None:
    done = act.run("qa-test", implemented.issue)

    assert done.job.conclusion == "success", done.job.log
    assert done.run["outcome"] == "completed"
    assert "15 of 15 checks pass." in done.run["report"]


def test_research_ends_with_a_report(act: Acting) -> None:
    done = act.run("deep-research")

    assert done.job.conclusion == "success", done.job.log
    assert "`README.md:14`" in done.run["report"]


def test_a_review_starts_a_round_that_goes_on_in_the_same_pull_request(act: Acting) -> None:
    first = act.run("auto-investigate")
    [before] = act.github.find_pulls(head=branch_of(first))
    head = before["head"]["sha"]

    with act.model_that_says([call("Write", file_path="NOTES.md", content="Why it is so.\n")], [DONE]):
        act.github.review(before["number"], "Please write down why.")
        until(act.let_reviewers_be_done, 30, "the review was not heard")
        round_ = until(lambda: act.newest_run(first.issue, other_than=first.run["id"]), 30, "no round was started")
        second = act.see_through(first.issue, {"run_id": round_["id"]})

    assert second.run["continues"] == first.run["id"]
    assert branch_of(second) == branch_of(first)
    [after] = act.github.find_pulls(head=branch_of(first), state="all")
    assert git(act.github.repository, "diff", "--name-only", head, after["head"]["sha"]) == "NOTES.md"


def test_dispatch_takes_every_webhook_that_its_runs_cause(act: Acting, implemented: Finished) -> None:
    wanted = {("pull_request", "opened"), *(("workflow_run", action) for action in ("requested", "in_progress", "completed"))}

    until(lambda: wanted <= {(event, action) for event, action, _ in act.github.deliveries}, 20, "some were never delivered")

    assert {status for _, _, status in act.github.deliveries} == {200}


def test_dispatch_finds_nothing_wrong_with_a_repository_as_the_command_installs_it(act: Acting) -> None:
    checks = act.instance.ask("GET", "/api/github")["checks"]

    assert [check["name"] for check in checks if check["ok"] is False] == ["public address"]  # here it is the loopback's


def test_a_run_goes_on_while_dispatch_is_away_and_loses_nothing(act: Acting) -> None:
    waiting = "import time, unittest\nclass More(unittest.TestCase):\n    def test_more(self):\n        time.sleep(8)\n"
    write = call("Write", file_path="tests/test_more.py", content=waiting)
    wait = call("Bash", command="python3 -m unittest tests.test_more", description="Run the new test")

    with act.model_that_says([write], [wait], [DONE]) as model:
        issue = act.instance.new_issue(TITLE)
        spawn = act.instance.spawn(issue, "auto-investigate")
        until(lambda: len(model.requests) > 1, 60, "the agent never began")
        act.instance.kill()
        until(lambda: len(model.requests) > 2, 60, "the agent did not go on")
        act.instance.start()
        done = act.see_through(issue, spawn)

    assert done.job.conclusion == "success", done.job.log
    assert_draft(act, done)
    heard = [frame["data"]["seq"] for frame in act.instance.events(done.run["id"]) if frame["kind"] == "run.event"]
    assert sorted(filter(None, heard)) == list(range(1, act.said_in(done.job) + 1))


def branch_of(done: Finished) -> str:
    return done.run["patch"]["branch"]


def assert_draft(act: Acting, done: Finished) -> None:
    """The run's work lies in one open draft pull request, which names its issue."""
    assert done.job.conclusion == "success", done.job.log
    assert done.run["outcome"] == "completed"
    [pull] = act.github.find_pulls(head=branch_of(done))
    assert pull["draft"]
    assert (pull["base"]["ref"], pull["base"]["repo"]["full_name"]) == ("main", NAME)
    assert f"Dispatch-Issue: {done.issue}" in pull["body"]
    assert act.instance.ask("GET", f"/api/issues/{done.issue}/pulls")["items"][0]["number"] == pull["number"]
