"""Money, limits and the kill switch in the terminal: people command, the model looks, and neither passes a right or a gate."""

import json

import pytest

from dispatch import orchestrator, runs, spawning
from dispatch.kit.errors import DispatchError, NotAllowed
from dispatch.kit.work import work
from dispatch.people import RIGHTS, Caller, CallerKind, Role
from tests.doing import ask as ask_for
from tests.doing import end, make_issue, start
from tests.integration.orchestrator.conftest import ADA, call, say, talk, turns_of

OPERATOR = Caller(kind=CallerKind.PERSON, name="Olga", rights=RIGHTS[Role.OPERATOR])
VIEWER = Caller(kind=CallerKind.PERSON, name="Vera", rights=RIGHTS[Role.VIEWER])


def answer(chat, words: str, **more) -> str:
    return say(chat, words, **more).items[0].markdown


def result_of(chat, model, tool: str, **given):
    model.will_say([call(tool, **given)], "There.")
    item = next(item for item in talk(chat, "look").items if item.type == "tool")
    return item.result if isinstance(item.result, dict) else json.loads(item.result)


def test_spend_tells_whose_money_it_is(chat):
    end(start(ask_for(make_issue())), outcome="failed", cost_usd=4)
    ask_for(make_issue(), "deep-research")

    said = answer(chat, "/spend")

    assert "$4.00 settled, $25.00 reserved, $171.00 left of $200.00" in said
    assert "| prd-investigate | $4.00 | $0.00 |  |" in said
    assert "| deep-research | $0.00 | $25.00 |  |" in said
    assert "The last 7 days: $4.00 for 2 runs." in said


def test_limits_are_told_with_their_version(chat):
    said = answer(chat, "/limits")

    assert said.startswith("**Version 1**, by ")
    assert "| max_concurrent_spawns | 8 |" in said
    assert "| immediate_spawn_sources | ci-deploy, migration, infrastructure |" in said


def test_why_tells_the_smallest_change(chat):
    ask_for(make_issue(), "prd-implement")

    assert "no approved plan to implement. *Approve a plan first.*" in answer(chat, "/why DISPATCH-1")


def test_stop_ends_what_runs_and_resume_lets_it_start_again(chat):
    start(ask_for(make_issue()))

    said = answer(chat, "/stop everything the model's gone mad", caller=OPERATOR)

    assert said == "Everything is stopped. 1 run ended. `/resume everything` opens it again; what waits keeps its place."
    status = answer(chat, "/status")
    assert "- **Everything is stopped** since" in status
    assert "by Olga: the model's gone mad (1 ended," in status
    assert ask_for(make_issue()).gate == "kill_switch"
    assert answer(chat, "/resume") == "Everything may start again. What waits is offered now."
    assert ask_for(make_issue()).state == "admitted"


def test_one_workflow_is_stopped_by_its_name_and_a_family_by_quotes(chat):
    answer(chat, "/stop workflow deep-research it costs too much")
    answer(chat, '/stop family "total is wrong" known')

    assert ask_for(make_issue(), "deep-research").state == "refused"
    assert ask_for(make_issue()).state == "admitted"
    with pytest.raises(DispatchError, match="`/resume family total is wrong`, `/resume workflow deep-research`"):
        say(chat, "/resume")
    assert answer(chat, "/resume workflow deep-research") == "Workflow deep-research may start again. What waits is offered now."


@pytest.mark.parametrize("words", ["/stop", "/stop it all", "/stop everything", "/stop workflow qa-test", "/stop workflow paint it is odd"])
def test_stop_wants_a_scope_and_a_reason(chat, words):
    with pytest.raises(DispatchError, match=r"why|no workflow"):
        say(chat, words)

    with work() as unit:
        assert spawning.list_switches(unit) == []


def test_a_viewer_stops_nothing_and_an_operator_opens_nothing(chat):
    with pytest.raises(NotAllowed):
        say(chat, "/stop everything because", VIEWER)
    say(chat, "/stop everything because", OPERATOR)

    with pytest.raises(NotAllowed):
        say(chat, "/resume", OPERATOR)

    with work() as unit:
        assert [switch.opened_at for switch in spawning.list_switches(unit)] == [None]


def test_the_model_sees_money_limits_and_decisions(chat, model):
    ask_for(make_issue(), "prd-implement")

    assert result_of(chat, model, "spend", days=1)["today"]["limit_usd"] == 200


def test_the_model_sees_the_limits(chat, model):
    assert result_of(chat, model, "limits")["limits"]["max_concurrent_spawns"] == 8


def test_the_model_sees_decisions_by_gate(chat, model):
    ask_for(make_issue(), "prd-implement")
    ask_for(make_issue())

    items = result_of(chat, model, "decisions", gate="precondition")["items"]

    assert [(item["identifier"], item["would_turn"]) for item in items] == [("DISPATCH-1", "Approve a plan first.")]


def test_a_model_that_tries_to_force_a_gate_is_refused(chat, model):
    make_issue()
    model.will_say([call("dispatch_investigation", identifier="DISPATCH-1", force_because="I say so")], "It did not let me.")

    turn = talk(chat, "do it now")

    assert [item.type for item in turn.items] == ["tool", "text"]
    assert turn.items[0].is_error


def test_a_button_forces_nothing_and_asks_within_the_policy(chat, model, setting):
    setting.setenv("MAX_AGENT_COST_BY_WORKFLOW", '{"auto-triage": 5}')
    setting.setenv("MAX_CONCURRENT_SPAWNS", "0")
    make_issue()
    model.will_say([call("dispatch_triage", identifier="DISPATCH-1")], "Shall I?", "It waits.")
    turn = talk(chat, "triage it")
    choice = next(item.choice for item in turn.items if item.type == "choice")

    with work() as unit:
        orchestrator.take_choice(unit, choice.id, "yes", actor=ADA.actor)

    assert choice.question.startswith("Triage DISPATCH-1? Up to $5 and")
    with work() as unit:
        waiting = spawning.fleet(unit).waiting[0]
        assert (waiting.gate, waiting.forced_because) == ("concurrency", None)
        assert runs.list_runs(unit) == []


def test_nobody_is_asked_for_what_is_stopped(chat, model):
    make_issue()
    say(chat, "/stop everything the model is odd")
    model.will_say("said by the command", [call("dispatch_triage", identifier="DISPATCH-1")], "It is stopped.")

    talk(chat, "triage it")

    tool = turns_of(chat)[-1].items[0]
    assert tool.is_error
    assert "Everything is stopped (the model is odd)." in str(tool.result)


def test_all_tools_together_stay_small() -> None:
    from dispatch.orchestrator import tools

    assert len(json.dumps(tools.definitions())) / 4 < 2800  # tokens, near enough
