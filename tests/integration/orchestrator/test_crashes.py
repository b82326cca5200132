"""A worker is killed (-9) at every point of a turn; whoever goes on repeats no effect, and every screen comes out right."""

import os
import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from dispatch import issues, orchestrator
from dispatch.kit.work import work
from tests.integration.orchestrator.conftest import ADA, Reply, call, frames_of, kinds_of, meanwhile, rows, say, seen, text, turns_of
from tests.integration.orchestrator.doomed import doomed_worker


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(1500):  # far longer than it takes: others may be using the machine
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to be")


def go_on(turn, clock) -> None:
    """The lease of the dead worker runs out, and another takes the turn up."""
    clock.travel(seconds=16)
    orchestrator.run_turn(turn.id)


def titles() -> list[str]:
    with work() as unit:
        return sorted(card.title for card in issues.list_issues(unit, issues.IssueFilter()).items)


def assert_screens_agree(chat, turn) -> None:
    """Who had every frame sees what who comes now reads."""
    read = turns_of(chat)[-1]
    shown = seen(chat).items(str(turn.id))
    assert [item.get("text") or item["result"] for item in shown] == [getattr(item, "text", None) or item.result for item in read.items]


def test_killed_while_the_model_speaks(chat, model, clock):
    gate = threading.Event()
    model.will_say(Reply([text("One and two.")], gate=gate))
    turn = say(chat, "count")

    with doomed_worker(turn.id):
        until(lambda: any(frame.kind == "turn.text" for frame in frames_of(chat)))
    model.replies[0].gate = None
    gate.set()
    go_on(turn, clock)

    assert kinds_of(chat) == ["turn.started", "turn.text", "turn.restarted", "turn.text", "turn.finished"]
    assert [item.text for item in turns_of(chat)[0].items] == ["One and two."]
    assert_screens_agree(chat, turn)


def test_killed_while_a_tool_works(chat, model, clock, database):
    model.will_say([text("I file it."), call("create_issue", title="One")], "Filed.")
    with work() as unit:
        issues.create_issue(unit, issues.NewIssue(title="Zero"), actor=ADA.actor)
    turn = say(chat, "file it")

    with psycopg.connect(database) as holder:
        holder.execute("SELECT FROM workspace FOR UPDATE")
        with doomed_worker(turn.id):
            until(lambda: _somebody_waits_for(database, "workspace"))
    go_on(turn, clock)

    assert titles() == ["One", "Zero"]
    assert kinds_of(chat) == ["turn.started", "turn.text", "turn.tool_started", "turn.tool_finished", "turn.text", "turn.finished"]
    assert len(model.requests) == 2
    assert_screens_agree(chat, turn)


def test_killed_between_two_tools(chat, model, clock, database):
    with work() as unit:
        held = issues.create_issue(unit, issues.NewIssue(title="Zero"), actor=ADA.actor)
    model.will_say([call("create_issue", title="One"), call("update_issue", identifier=held.identifier, status="Done")], "Both.")
    turn = say(chat, "do both")

    with psycopg.connect(database) as holder:
        holder.execute("SELECT FROM issue WHERE id = %s FOR UPDATE", [held.id])
        with doomed_worker(turn.id):
            until(lambda: any(frame.kind == "turn.tool_finished" for frame in frames_of(chat)))
    go_on(turn, clock)

    assert titles() == ["One", "Zero"]
    assert [item.is_error for item in turns_of(chat)[0].items if item.type == "tool"] == [False, False]
    with work() as unit:
        assert issues.get_issue(unit, held.id).status.name == "Done"
    assert_screens_agree(chat, turn)


def test_killed_after_its_tools_before_the_next_answer(chat, model, clock):
    gate = threading.Event()
    model.will_say([call("create_issue", title="One")], Reply([text("Filed.")], gate=gate, gate_first=True))
    turn = say(chat, "file it")

    with doomed_worker(turn.id):
        assert model.replies[1].reached.wait(30)
    gate.set()
    go_on(turn, clock)

    assert titles() == ["One"]
    assert kinds_of(chat) == ["turn.started", "turn.tool_started", "turn.tool_finished", "turn.text", "turn.finished"]
    assert turns_of(chat)[0].items[-1].text == "Filed."
    assert_screens_agree(chat, turn)


def test_killed_in_the_last_answer(chat, model, clock):
    gate = threading.Event()
    model.will_say([text("I file it."), call("create_issue", title="One")], Reply([text("Filed and done.")], gate=gate))
    turn = say(chat, "file it")

    with doomed_worker(turn.id):
        until(lambda: any(frame.data.get("text") == "Filed " for frame in frames_of(chat)))
    gate.set()
    go_on(turn, clock)

    assert titles() == ["One"]
    assert [getattr(item, "text", item.type) for item in turns_of(chat)[0].items] == ["I file it.", "tool", "Filed and done."]
    assert_screens_agree(chat, turn)


def test_killed_after_it_was_told_to_stop(chat, model, clock):
    gate = threading.Event()
    model.will_say(Reply([text("One and two.")], gate=gate))
    turn = say(chat, "count")
    with doomed_worker(turn.id):
        until(lambda: any(frame.kind == "turn.text" for frame in frames_of(chat)))
    gate.set()
    clock.travel(seconds=16)

    with work() as unit:
        stopped = orchestrator.stop_chat(unit, chat.id)

    assert [one.state for one in stopped] == ["finished"]
    assert turns_of(chat)[0].items[0].text.startswith("One")
    assert_screens_agree(chat, turn)


def test_a_worker_that_lost_its_turn_writes_nothing_more(chat, model, clock):
    gate = threading.Event()
    model.will_say(Reply([text("Slowly now.")], gate=gate))
    turn = say(chat, "count")

    with meanwhile(turn.id):
        until(lambda: any(frame.kind == "turn.text" for frame in frames_of(chat)))
        model.replies = [Reply([text("Quickly.")])]
        with psycopg.connect(os.environ["PG_DATABASE_URL"]) as conn:
            conn.execute("UPDATE turn SET lease_until = now() - interval '1 hour', attempt = attempt + 1 WHERE id = %s", [turn.id])
        orchestrator.run_turn(turn.id)
        gate.set()

    assert [item.text for item in turns_of(chat)[0].items] == ["Quickly."]
    assert kinds_of(chat).count("turn.finished") == 1
    assert_screens_agree(chat, turn)


def test_the_same_message_twice_at_once_asks_the_model_once(chat, model):
    gate = threading.Event()
    model.will_say(Reply([text("Once only.")], gate=gate))
    turn = say(chat, "hello")

    with meanwhile(turn.id):
        model.replies[0].reached.wait(30)
        orchestrator.run_turn(turn.id)
        gate.set()
    orchestrator.run_turn(turn.id)

    assert len(model.requests) == 1
    assert kinds_of(chat) == ["turn.started", "turn.text", "turn.finished"]


def test_turns_of_a_chat_are_done_in_order_whichever_message_comes_first(chat, model):
    model.will_say("First.", "Second.")
    first, second = say(chat, "one"), say(chat, "two")

    orchestrator.run_turn(second.id)

    assert [turn.items[0].text for turn in turns_of(chat)] == ["First.", "Second."]
    orchestrator.run_turn(first.id)
    assert len(model.requests) == 2


def test_a_turn_that_kills_every_worker_is_given_up(chat, model, database):
    model.will_say("never")
    turn = say(chat, "hello")
    with psycopg.connect(database) as conn:
        conn.execute("UPDATE turn SET state = 'running', attempt = 5, lease_until = now() - interval '1 minute'")

    orchestrator.run_turn(turn.id)

    assert "never came to an end" in turns_of(chat)[0].detail
    assert model.requests == []


@pytest.mark.parametrize("is_running", [False, True])
def test_the_sweep_finds_turns_that_nobody_works_on(chat, model, queues, clock, database, is_running):
    turn = say(chat, "hello")
    queues.take("turns")
    if is_running:
        with psycopg.connect(database) as conn:
            conn.execute("UPDATE turn SET state = 'running', attempt = 1, lease_until = now() + interval '10 seconds'")

    with work() as unit:
        early = orchestrator.requeue_lost_turns(unit)
    clock.travel(seconds=31)
    with work() as unit:
        late = orchestrator.requeue_lost_turns(unit)

    assert (early, late) == (0, 1)
    assert queues.take("turns") == [{"turn_id": str(turn.id)}]


def test_a_stop_while_the_model_is_silent_ends_the_turn_soon(chat, model):
    gate = threading.Event()
    model.will_say(Reply([text("Never heard.")], gate=gate, gate_first=True))
    turn = say(chat, "hello")

    with meanwhile(turn.id) as worker:
        model.replies[0].reached.wait(30)
        with work() as unit:
            orchestrator.stop_chat(unit, chat.id)
        began = time.monotonic()
        worker.join(10)
        took = time.monotonic() - began
        gate.set()

    assert turns_of(chat)[0].reason == "stopped"
    assert took < 5


def test_a_stop_keeps_what_was_said_and_the_next_turn_knows(chat, model):
    gate = threading.Event()
    model.will_say(Reply([text("One and two.")], gate=gate), "Three.")
    turn = say(chat, "count")

    with meanwhile(turn.id):
        until(lambda: any(frame.kind == "turn.text" for frame in frames_of(chat)))
        with work() as unit:
            orchestrator.stop_chat(unit, chat.id)
        until(lambda: turns_of(chat)[0].state == "finished")
        gate.set()
    orchestrator.run_turn(say(chat, "go on").id)

    stopped = turns_of(chat)[0]
    assert (stopped.reason, stopped.items[0].text) == ("stopped", "One ")
    assert stopped.usage.input_tokens == 1000
    assert "The person stopped this turn" in model.said_to()


def test_a_stop_before_anybody_came_ends_the_turn_at_once(chat, model):
    model.will_say("never")
    turn = say(chat, "hello")

    with work() as unit:
        orchestrator.stop_chat(unit, chat.id)
    orchestrator.run_turn(turn.id)

    assert turns_of(chat)[0].reason == "stopped"
    assert model.requests == []


def test_a_stop_between_tools_leaves_the_rest_undone(chat, model, database):
    with work() as unit:
        held = issues.create_issue(unit, issues.NewIssue(title="Zero"), actor=ADA.actor)
    more = [call("create_issue", f"toolu_{number}", title=f"Number {number}") for number in range(20)]
    model.will_say([call("update_issue", identifier=held.identifier, status="Done"), *more], "All.", "Then not.")
    turn = say(chat, "do them all")

    with psycopg.connect(database) as holder, meanwhile(turn.id):
        holder.execute("SELECT FROM issue WHERE id = %s FOR UPDATE", [held.id])
        until(lambda: _somebody_waits_for(database, "issue"))
        stopping = threading.Thread(target=_stop, args=[chat])
        stopping.start()
        until(lambda: _somebody_waits_for(database, "FROM chat"))
        holder.rollback()
    stopping.join(5)

    stopped = turns_of(chat)[0]
    assert stopped.reason == "stopped"
    assert len(titles()) < 21
    assert stopped.items[-1].result == {"error": "Not done: the turn ended before it."}
    assert [item.is_error for item in stopped.items].count(False) == len(titles())
    assert_screens_agree(chat, turn)
    orchestrator.run_turn(say(chat, "fine").id)
    assert turns_of(chat)[1].reason == "end"


def _somebody_waits_for(database: str, words: str) -> bool:
    return bool(rows(database, f"SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{words}%'"))


def _stop(chat) -> None:
    from dispatch.kit import work as works

    with work() as unit:
        orchestrator.stop_chat(unit, chat.id)
    works.close_connection()
