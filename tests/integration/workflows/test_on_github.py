"""Every workflow on GitHub, from its dispatch to its outcome: the shipped files' own steps, with the rights they name."""

from pathlib import Path

import pytest

from tests.github.hub import NAME
from tests.integration.workflows.acting import Acting, Finished

pytestmark = pytest.mark.timeout(300)


def test_an_investigation_ends_with_a_plan(act: Acting) -> None:
    done = act.run("prd-investigate")

    assert done.job.conclusion == "success", done.job.log
    assert done.run["outcome"] == "investigation_complete"
    assert act.instance.ask("GET", f"/api/issues/{done.issue}/plan")["version"] == 1


def test_an_approved_plan_becomes_a_draft_pull_request_whose_tests_pass(act: Acting, tmp_path: Path) -> None:
    done = act.approve(act.planned())

    assert_draft(act, done)
    assert act.tests_pass_on(branch_of(done), tmp_path / "branch")
    assert not act.tests_pass_on("main", tmp_path / "main")


def test_an_error_becomes_a_draft_pull_request_whose_tests_pass(act: Acting, tmp_path: Path) -> None:
    done = act.run("auto-investigate")

    assert_draft(act, done)
    assert act.tests_pass_on(branch_of(done), tmp_path / "branch")


def test_a_small_issue_is_triaged_into_a_draft_pull_request(act: Acting) -> None:
    assert_draft(act, act.run("auto-triage"))


def test_qa_reports_on_what_stands_in_the_pull_request(act: Acting) -> None:
    issue = act.approve(act.planned()).issue

    done = act.run("qa-test", issue)

    assert done.job.conclusion == "success", done.job.log
    assert done.run["outcome"] == "completed"
    assert "15 of 15 checks pass." in done.run["report"]


def test_research_ends_with_a_report(act: Acting) -> None:
    done = act.run("deep-research")

    assert done.job.conclusion == "success", done.job.log
    assert "`README.md:14`" in done.run["report"]


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
