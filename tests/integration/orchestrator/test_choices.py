"""Asking before money is spent: nothing starts unasked, and a button works once."""

import threading

import pytest

from dispatch import issues, orchestrator, runs, spawning
from dispatch.kit import work as works
from dispatch.kit.errors import BadInput, DispatchError
from dispatch.kit.work import work
from dispatch.orchestrator import Choice
from tests.doing import make_issue, propose
from tests.integration.orchestrator.conftest import ADA, BORIS, call, frames_of, kinds_of, rows, talk, turns_of


def ask(chat, model, *calls) -> Choice:
    model.will_say(list(calls) or [call("dispatch_investigation", title="The total is wrong")], "Shall I?", "On its way.", "Fine.")
    turn = talk(chat, "look into it")
    return next(item.choice for item in turn.items if item.type == "choice")


def press(choice: Choice, option: str = "yes", caller=ADA):
    with work() as unit:
        return orchestrator.take_choice(unit, choice.id, option, actor=caller.actor)


def test_asking_files_the_issue_and_starts_nothing(chat, model, queues):
    choice = ask(chat, model)

    assert choice.question == "Investigate DISPATCH-1? Up to $25 and 30 minutes, read-only."
    assert [(option.key, option.primary) for option in choice.options] == [("yes", True), ("no", False)]
    assert queues.take("spawns") == []
    with work() as unit:
        assert issues.get_issue(unit, "dispatch-1").source == "orchestrator"
        assert issues.get_issue(unit, "dispatch-1").created_by.name == "Dispatch, for Ada"
        assert spawning.why(unit, "DISPATCH-1") == []
    assert kinds_of(chat).index("turn.choice") < kinds_of(chat).index("turn.finished")


def test_the_pressed_button_starts_the_run_and_the_model_hears_of_it(chat, model, queues):
    choice = ask(chat, model)

    taken, turn = press(choice)
    orchestrator.run_turn(turn.id)

    assert (taken.state, taken.taken) == ("taken", "yes")
    assert len(queues.take("spawns")) == 1
    with work() as unit:
        assert [(run.workflow, float(run.cap_usd)) for run in runs.list_runs(unit)] == [("prd-investigate", 25.0)]
    assert turn.said == "Investigate: DISPATCH-1"
    assert "Ada pressed “Investigate”" in model.said_to()
    assert "Admitted" in model.said_to()
    assert turns_of(chat)[0].items[1].choice.taken == "yes"
    assert {"choice": str(choice.id), "option": "yes", "state": "taken", "by": {"kind": "person", "name": "Ada"}} in [
        frame.data for frame in frames_of(chat) if frame.kind == "choice.taken"
    ]


def test_no_starts_nothing_and_says_so(chat, model, queues):
    choice = ask(chat, model)

    _, turn = press(choice, "no")
    orchestrator.run_turn(turn.id)

    assert queues.take("spawns") == []
    assert "Nothing was started" in model.said_to()


def test_who_comes_second_is_told_who_was_first(chat, model):
    choice = ask(chat, model)
    press(choice, "no", BORIS)

    with pytest.raises(DispatchError) as refusal:
        press(choice)

    assert refusal.value.status == 409
    assert refusal.value.sentence == "Boris pressed “Not now” already."


def test_twenty_presses_at_once_start_one_run(chat, model, queues, database):
    choice = ask(chat, model)
    outcomes: list[int] = []

    def one() -> None:
        try:
            press(choice)
            outcomes.append(200)
        except DispatchError as refusal:
            outcomes.append(refusal.status)
        works.close_connection()

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(outcomes) == [200] + [409] * 19
    assert rows(database, "SELECT count(*) FROM spawn") == [(1,)]
    assert len(queues.take("spawns")) == 1
    assert [turn.number for turn in turns_of(chat)] == [1, 2]


def test_a_refusal_of_the_gates_is_passed_on_with_its_reason(chat, model, setting):
    choice = ask(chat, model)
    setting.setenv("SPAWN_KILL_SWITCH", "true")

    _, turn = press(choice)
    orchestrator.run_turn(turn.id)

    assert "Refused, nothing was started" in model.said_to()
    assert "kill switch" in model.said_to().lower()


def test_a_waiting_spawn_says_why_and_its_place(chat, model, setting):
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "0")
    choice = ask(chat, model)

    _, turn = press(choice)
    orchestrator.run_turn(turn.id)

    assert "It waits, and starts by itself" in model.said_to()
    assert "number 1 in the queue" in model.said_to()


def test_a_newer_question_closes_the_older_one(chat, model):
    older = ask(chat, model)
    del model.replies[2:]
    newer = ask(chat, model, call("dispatch_investigation", "toolu_2", identifier="DISPATCH-1"))
    model.will_say("ok")

    with pytest.raises(DispatchError, match="newer question"):
        press(older)
    assert press(newer)[0].taken == "yes"


def test_a_button_that_is_not_there_changes_nothing(chat, model):
    choice = ask(chat, model)

    with pytest.raises(BadInput, match="yes, no"):
        press(choice, "maybe")
    assert press(choice)[0].state == "taken"


@pytest.mark.parametrize(
    ("tool", "question"),
    [
        ("dispatch_qa", "Test DISPATCH-1? Up to $25 and 30 minutes, read-only."),
        ("dispatch_research", "Research DISPATCH-1? Up to $25 and 30 minutes, read-only."),
        ("dispatch_triage", "Triage DISPATCH-1? Up to $25 and 20 minutes, on a branch of its own."),
    ],
)
def test_each_question_says_what_will_run_and_the_most_it_costs(chat, model, tool, question):
    make_issue()

    assert ask(chat, model, call(tool, identifier="dispatch-1")).question == question


def test_an_implementation_is_not_asked_for_before_its_plan_is_approved(chat, model):
    propose(make_issue())
    model.will_say([call("dispatch_implementation", identifier="DISPATCH-1")], "Not yet.")

    item = talk(chat, "implement 1").items[0]

    assert item.is_error
    assert "Its plan (version 1) is proposed" in item.result["error"]


def test_what_runs_already_is_not_asked_for(chat, model):
    choice = ask(chat, model)
    press(choice)
    del model.replies[3:]
    model.will_say([call("dispatch_qa", identifier="DISPATCH-1")], "It runs.")

    items = [item for item in talk(chat, "test it").items if item.type == "tool"]

    assert "has a run already" in items[0].result["error"]
