"""The real Claude Code CLI on the demo repository, with the scripted model behind it."""

import json
import subprocess
import sys
from pathlib import Path

FAILING = "test_a_percentage_off_is_taken_off_the_order_once"


def git(place: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=place, check=True, capture_output=True, text=True).stdout.strip()


def run_tests(place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-B", "-m", "unittest"], cwd=place, check=False, capture_output=True, text=True)


def test_an_investigation_reads_runs_and_plans_and_changes_nothing(act, worktree):
    run = act("prd-investigate")

    handed = run.handed_in
    assert handed["outcome"] == "investigation_complete"
    assert [item["path"] for item in handed["plan"]["files"]] == ["shop/orders.py"]
    assert all(handed["plan"].values())
    assert FAILING in handed["plan"]["tests"]
    assert "2632 != 2925" in handed["plan"]["summary"]
    assert {Path(read["file_path"]).name for read in run.used("Read")} >= {"orders.py", "discounts.py", "test_orders.py", "README.md"}
    assert [call["command"] for call in run.used("Bash")] == ["python3 -m unittest -q"]
    assert run.result["permission_denials"] == []
    assert git(worktree, "status", "--porcelain") == ""


def test_an_implementation_really_repairs_the_program_and_commits_it(act, worktree):
    assert FAILING in run_tests(worktree).stderr

    run = act("prd-implement", ("The approved plan (version 1)", "The discount is taken off once."))

    assert run.handed_in["outcome"] == "completed"
    assert "all 15 tests pass" in run.handed_in["summary"]
    assert run_tests(worktree).returncode == 0
    assert git(worktree, "status", "--porcelain") == ""
    assert git(worktree, "log", "--format=%s", "main..") == "Take the discount off once"
    assert git(worktree, "diff", "--numstat", "main") == "2\t4\tshop/orders.py"
    assert run.result["permission_denials"] == []


def test_a_plan_that_came_back_asks_for_a_test_which_is_then_written(act, worktree):
    returned = (
        "What a person said when returning that plan: your new plan must answer it",
        "Please cover the other percentages with tests.",
    )
    plan = act("prd-investigate", returned).handed_in["plan"]
    act("prd-implement", ("The approved plan (version 2)", json.dumps(plan, indent=2, ensure_ascii=False)))

    tested = run_tests(worktree)
    assert "Ran 16 tests" in tested.stderr
    assert tested.returncode == 0


def test_it_changes_nothing_a_second_time(act):
    act("prd-implement")

    assert act("prd-implement").handed_in["outcome"] == "no_changes_needed"


def test_qa_tells_each_test_that_passes_and_the_one_that_does_not(act, worktree):
    report = act("qa-test").handed_in["report"]

    assert f"| `{FAILING}` | passes | FAIL | **fail** |" in report
    assert "14 of 15 checks pass." in report
    assert git(worktree, "status", "--porcelain") == ""


def test_an_error_is_looked_into_and_repaired_at_once(act, worktree):
    assert act("auto-investigate").handed_in["outcome"] == "completed"

    assert run_tests(worktree).returncode == 0


def test_research_gives_its_sources(act):
    report = act("deep-research").handed_in["report"]

    assert "`README.md:14`" in report
    assert "A discount is a promise about the whole order" in report


def test_tokens_and_cost_are_told_and_the_cache_is_used(act):
    result = act("prd-investigate").result

    assert 0.01 < result["total_cost_usd"] < 1
    assert result["usage"]["cache_read_input_tokens"] > result["usage"]["cache_creation_input_tokens"] > 1000
