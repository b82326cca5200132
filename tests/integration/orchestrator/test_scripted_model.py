"""The terminal's common requests, asked of the scripted model through the same client as any other."""

import pytest

from dispatch import issues, orchestrator, runs
from dispatch.kit.work import work
from tests.integration.orchestrator.conftest import ADA, talk, turns_of
from tests.model_door import served


@pytest.fixture(scope="module")
def address():
    """Where the scripted model is."""
    with served() as address:
        yield address


@pytest.fixture(autouse=True)
def _no_key(address, setting):
    setting.setenv("ANTHROPIC_API_KEY", "")
    setting.setenv("ANTHROPIC_BASE_URL", address)


def test_a_problem_told_becomes_an_issue_a_question_and_by_its_button_a_run(chat, queues):
    asked = talk(chat, "the total is wrong for orders with a discount, look into it")
    choice = next(item.choice for item in asked.items if item.type == "choice")
    with work() as unit:
        _, turn = orchestrator.take_choice(unit, choice.id, "yes", actor=ADA.actor)
    orchestrator.run_turn(turn.id)

    assert [item.name for item in asked.items if item.type == "tool"] == ["search_issues", "create_issue", "dispatch_investigation"]
    assert turns_of(chat)[1].reason == "end"
    assert "DISPATCH-1" in turns_of(chat)[1].items[-1].text
    with work() as unit:
        assert issues.get_issue(unit, "DISPATCH-1").title == "The total is wrong for orders with a discount"
        assert [run.workflow for run in runs.list_runs(unit)] == ["prd-investigate"]


@pytest.mark.parametrize(
    ("words", "tool"),
    [
        ("what is running", "fleet_status"),
        ("list open issues", "list_issues"),
        ("why DISPATCH-1", "why"),
        ("show DISPATCH-1", "get_issue"),
        ("move DISPATCH-1 to In Review", "update_issue"),
        ("search for discount", "search_issues"),
        ("test DISPATCH-1", "dispatch_qa"),
        ("triage DISPATCH-1", "dispatch_triage"),
        ("research how discounts are rounded", "dispatch_research"),
    ],
)
def test_each_common_request_finds_its_tool_and_is_understood(chat, words, tool):
    with work() as unit:
        issues.create_issue(unit, issues.NewIssue(title="Discounts are taken twice"), actor=ADA.actor)

    turn = talk(chat, words)

    used = [item for item in turn.items if item.type == "tool"]
    assert (turn.reason, [item.name for item in used]) == ("end", [tool])
    assert not used[0].is_error, used[0].result
    assert turn.items[-1].type == "text"
