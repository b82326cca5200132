"""What a stopped run's runner still has to say, and what waits for one that works."""

import psycopg
import pytest

from dispatch import activity, plans, runs, spawning, stream
from dispatch.kit.errors import StaleClaim
from dispatch.kit.work import work
from dispatch.plans import PlanDecision
from dispatch.runs import Heartbeat, NewEvents, Published, Unpublished
from tests import doing, letters

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def test_a_cancelled_run_is_quiet_when_its_runner_says_so_and_only_the_first_time_counts(database, clock) -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    with work() as unit:
        spawning.cancel_run(unit, claim.run, actor=doing.ADA)
    assert beat(claim) == "cancel"
    assert quiet_at(database, claim) is None

    clock.travel(seconds=3)
    assert beat(claim, quiet=True, metered_usd=0.5) == "cancel"
    first = quiet_at(database, claim)
    clock.travel(seconds=60)
    assert beat(claim, quiet=True, metered_usd=0.5) == "cancel"

    assert first is not None
    assert quiet_at(database, claim) == first


def test_a_lost_run_may_still_say_that_it_is_quiet_and_nothing_else(database, clock) -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    for _ in range(5):  # somebody listened all along
        spawning.reap_lost_runs()
        clock.travel(minutes=1)
    spawning.reap_lost_runs()
    with pytest.raises(StaleClaim):
        beat(claim)

    assert beat(claim, quiet=True) == "cancel"
    assert quiet_at(database, claim) is not None


def test_a_quiet_word_of_another_generation_is_stale(database) -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    with work() as unit:
        spawning.cancel_run(unit, claim.run, actor=doing.ADA)

    with pytest.raises(StaleClaim), work() as unit:
        spawning.hear_heartbeat(unit, claim.run, Heartbeat(generation=2, quiet=True))

    assert quiet_at(database, claim) is None


def test_a_quiet_word_of_a_running_run_is_a_heartbeat(database) -> None:
    claim = doing.start(doing.ask(doing.make_issue()))

    assert beat(claim, quiet=True) == "continue"
    assert quiet_at(database, claim) is None


def test_events_are_answered_with_whether_something_waits() -> None:
    claim = doing.start(doing.ask(doing.make_issue(), cap_usd=10))
    assert not record(claim, 1)

    with work() as unit:
        runs.say(unit, claim.run, text="Look at rounding too.", actor=doing.ADA)
    assert record(claim, 2)
    with work() as unit:
        said = runs.heartbeat(unit, claim.run, Heartbeat(generation=1)).say
    assert record(claim, 3)
    beat(claim, heard=[said[0].id])

    assert not record(claim, 4)


def test_events_that_cross_the_landing_line_say_so_once() -> None:
    claim = doing.start(doing.ask(doing.make_issue(), cap_usd=10))

    assert [record(claim, seq, spent=spent) for seq, spent in enumerate((7.9, 8.0, 8.1), 1)] == [False, True, False]


def test_a_patch_that_cannot_be_published_is_told_once_until_it_is_published() -> None:
    issue, run = proposed_patch()

    for _ in range(2):
        with work() as unit:
            patch = runs.note_unpublished(unit, run, Unpublished(generation=1, reason="git am: it does not apply."))
    assert patch.unpublished_because == "git am: it does not apply."
    assert told(issue) == ["git am: it does not apply."]

    with work() as unit:
        patch = runs.note_published(unit, run, Published(generation=1, branch=patch.branch, head_commit="a" * 40))
    assert patch.unpublished_because is None
    with work() as unit:
        runs.note_unpublished(unit, run, Unpublished(generation=1, reason="Too late."))
    assert told(issue) == ["git am: it does not apply."]


def test_a_patch_of_another_generation_is_not_told_about() -> None:
    issue, run = proposed_patch()

    with pytest.raises(StaleClaim), work() as unit:
        runs.note_unpublished(unit, run, Unpublished(generation=2, reason="No."))

    assert told(issue) == []


def test_words_that_never_reached_the_agent_are_said_to_have_not() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    with work() as unit:
        runs.say(unit, claim.run, text="Look at rounding.", actor=doing.ADA)
        runs.say(unit, claim.run, text="And at taxes.", actor=doing.ADA)
    with work() as unit:
        heard = runs.heartbeat(unit, claim.run, Heartbeat(generation=1)).say[0]
    beat(claim, heard=[heard.id])

    doing.end(claim, plan=doing.PLAN)

    with work() as unit:
        lines = [frame.data["data"]["text"] for frame in stream.read_feed(unit, f"run:{claim.run}").frames if frame.kind == "run.event"]
    assert [line for line in lines if line.startswith("Not delivered")] == ["Not delivered, the run has ended: And at taxes."]


def proposed_patch():
    issue = doing.make_issue()
    doing.propose(issue)
    with work() as unit:
        spawn = plans.decide_plan(unit, issue.id, PlanDecision(action="approve", version=1), actor=doing.ADA).spawn
    assert spawn
    claim = doing.start(spawn)
    doing.end(claim, outcome="completed", base_commit="b" * 40, patch=letters.proposal())
    return issue, claim.run


def told(issue) -> list[str]:
    with work() as unit:
        return [entry.data["reason"] for entry in activity.list_activity(unit, issue.id) if entry.kind == "patch.unpublished"]


def beat(claim, **more) -> str:
    with work() as unit:
        return spawning.hear_heartbeat(unit, claim.run, Heartbeat(generation=claim.generation, **more)).directive


def record(claim, seq: int, spent: float | None = None) -> bool:
    kind, data = ("message", {"text": "line"}) if spent is None else ("usage", {"metered_usd": spent})
    events = [{"seq": seq, "at": "2026-11-22T15:00:00Z", "kind": kind, "data": data}]
    with work() as unit:
        return runs.record_events(unit, claim.run, NewEvents.model_validate({"generation": 1, "events": events})).waits


def quiet_at(database: str, claim):
    with psycopg.connect(database) as conn:
        row = conn.execute("SELECT quiet_at FROM run WHERE id = %s", (claim.run,)).fetchone()
        assert row
        return row[0]
