"""Slash commands: answered at once, by rights, without a model."""

import pytest

from dispatch import plans
from dispatch.kit.errors import DispatchError, NotAllowed
from dispatch.kit.work import work
from dispatch.orchestrator import list_commands
from dispatch.people import RIGHTS, Caller, CallerKind, Role
from tests import doing
from tests.doing import ask, make_issue, propose
from tests.integration.orchestrator.conftest import frames_of, say, turns_of

OPERATOR = Caller(kind=CallerKind.PERSON, name="Olga", rights=RIGHTS[Role.OPERATOR])


def answer(chat, words: str, **more) -> str:
    return say(chat, words, **more).items[0].markdown


def test_every_command_of_the_table_answers(chat):
    issue = make_issue()
    ask(issue)

    for command in list_commands():
        words = (
            command.usage.replace("[status]", "Backlog").replace("[ID]", "DISPATCH-1").replace("ID", "dispatch-1").replace("WORDS", "total")
        )
        if command.name in ("/approve", "/cancel", "/stop", "/resume", "/mute", "/unmute"):
            continue
        assert answer(chat, words)


def test_a_command_is_a_turn_of_its_chat_and_a_frame(chat, queues):
    turn = say(chat, "/spend")

    assert (turn.state, turn.reason, turn.number) == ("finished", "end", 1)
    frame = frames_of(chat)[-1]
    assert (frame.kind, frame.data["text"], frame.data["id"]) == ("command.answered", "/spend", str(turn.id))
    assert frame.data["markdown"] == turns_of(chat)[0].items[0].markdown
    assert queues.take("turns") == []


def test_status_tells_what_runs_and_what_needs_a_person(chat):
    propose(make_issue("Plan waits"))
    ask(make_issue("Runs"))

    status = answer(chat, "/status")

    assert "**1 of 8 agents at work**" in status
    assert "DISPATCH-2" in status
    assert "Needs you" in status
    assert "DISPATCH-1 **plan**" in status


def test_the_board_and_one_column(chat):
    make_issue("First | <b>bold</b>")

    assert "| Backlog | 1 | DISPATCH-1 |" in answer(chat, "/board")
    assert r"First \| \<b\>bold\</b\>" in answer(chat, "/board backlog")
    assert "There are: Backlog," in answer(chat, "/board nowhere")


def test_spend_tells_todays_money(chat):
    ask(make_issue())

    assert "$0.00 settled, $25.00 reserved, $175.00 left of $200.00" in answer(chat, "/spend")


def test_why_tells_the_decision(chat):
    ask(make_issue())

    assert "**admitted** prd-investigate" in answer(chat, "/why DISPATCH-1")
    assert answer(chat, "/why") == "Say which, as in `/why DISPATCH-12`."
    assert answer(chat, "/why DISPATCH-99") == "There is no issue DISPATCH-99."


def test_a_packet_tells_what_was_tried_and_what_it_was_not(chat):
    issue = make_issue()
    refuted = {"cause": "The cache is cold", "because": "It was warm", "verdict": "refuted"}
    doing.end(doing.start(ask(issue, "auto-investigate")), outcome="failed", summary="No idea.", causes=[refuted])

    told = answer(chat, "/packet DISPATCH-1")

    assert "auto-investigate **failed**, $0.25: No idea." in told
    assert "**It was not**\n\n- The cache is cold *It was warm*" in told


def test_an_unknown_command_names_the_nearest(chat):
    assert answer(chat, "/statusy") == "There is no command “/statusy”. Did you mean `/status`? `/help` lists them all."
    assert "Did you mean" not in answer(chat, "/zzzzzz")


def test_approve_approves_and_implements(chat):
    issue = make_issue()
    propose(issue)

    said = answer(chat, "/approve DISPATCH-1")

    assert "Version 1 of the plan is approved. prd-implement is admitted" in said
    with work() as unit:
        assert plans.get_newest(unit, issue.id).decided_by.name == "Ada"


def test_who_may_not_approve_is_refused_and_nothing_happens(chat):
    issue = make_issue()
    propose(issue)

    with pytest.raises(NotAllowed):
        say(chat, "/approve DISPATCH-1", OPERATOR)

    with work() as unit:
        assert plans.get_newest(unit, issue.id).state == "proposed"
    assert turns_of(chat) == []


def test_cancel_cancels_a_run_once(chat):
    ask(make_issue())

    assert answer(chat, "/cancel DISPATCH-1", caller=OPERATOR) == "Cancelled: prd-investigate on DISPATCH-1."
    with pytest.raises(DispatchError, match="No agent is working"):
        say(chat, "/cancel DISPATCH-1")


def test_plan_shows_the_newest_version(chat):
    make_issue()
    assert answer(chat, "/plan DISPATCH-1") == "It has no plan yet."
    propose(make_issue())

    assert "**Version 1, proposed**" in answer(chat, "/plan DISPATCH-2")
