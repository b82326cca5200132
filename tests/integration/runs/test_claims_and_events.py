"""A run's claim, its events and its end: once each, whatever is sent twice, late or by the wrong job."""

import pytest

from dispatch import briefs, runs, spawning, stream
from dispatch.kit.errors import StaleClaim
from dispatch.kit.work import work
from dispatch.runs import Heartbeat, NewClaim, NewEvents, Received, RunIsFinished
from dispatch.runs.shapes import AlreadyClaimed
from tests import doing

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def test_one_claim_wins() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))

    with pytest.raises(AlreadyClaimed), work() as unit:
        briefs.claim(unit, claim.run, NewClaim(generation=1))


def test_a_job_that_never_heard_the_answer_claims_again_with_its_nonce() -> None:
    spawn = doing.ask(doing.make_issue())
    assert spawn.run_id
    first = _claim(spawn.run_id, "one")

    again = _claim(spawn.run_id, "one")

    assert again.run_token != first.run_token
    with work() as unit:
        assert runs.find_run_by_token(unit, first.run_token) is None
        assert runs.find_run_by_token(unit, again.run_token)
    with pytest.raises(AlreadyClaimed):
        _claim(spawn.run_id, "two")
    _record(spawn.run_id, 1)
    with pytest.raises(AlreadyClaimed):
        _claim(spawn.run_id, "one")


def test_an_event_sent_twice_is_one_frame_and_order_does_not_matter() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))

    _record(claim.run, 3, 4)
    _record(claim.run, 1, 2, 3)
    newest = _record(claim.run, 1, 2, 3, 4)

    assert newest.newest == 4
    with work() as unit:
        frames = stream.read_feed(unit, f"run:{claim.run}").frames
    seqs = [frame.data["seq"] for frame in frames if frame.kind == "run.event"]
    assert sorted(seqs) == [1, 2, 3, 4]
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))


def test_a_secret_is_masked_before_it_is_stored() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))

    _record(claim.run, 1, text="the key is sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789 so there")

    with work() as unit:
        texts = [frame.data["data"]["text"] for frame in stream.read_feed(unit, f"run:{claim.run}").frames if frame.kind == "run.event"]
    assert texts == ["the key is ••• so there"]


def test_after_a_cancel_the_claim_is_worth_nothing() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    with work() as unit:
        spawning.cancel_run(unit, claim.run, actor=doing.ADA)

    with pytest.raises(StaleClaim):
        _record(claim.run, 1)
    with pytest.raises(StaleClaim):
        doing.end(claim, plan=doing.PLAN)
    with work() as unit:
        assert runs.heartbeat(unit, claim.run, Heartbeat(generation=1)).directive == "cancel"


def test_a_cancelled_run_cannot_be_claimed_by_a_late_job() -> None:
    spawn = doing.ask(doing.make_issue())
    assert spawn.run_id
    with work() as unit:
        spawning.cancel_run(unit, spawn.run_id, actor=doing.ADA)

    with pytest.raises(RunIsFinished), work() as unit:
        briefs.claim(unit, spawn.run_id, NewClaim(generation=1))


def test_what_a_person_says_is_handed_over_until_it_is_heard() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    with work() as unit:
        runs.say(unit, claim.run, text="Look at rounding too.", actor=doing.ADA)

    with work() as unit:
        lost = runs.heartbeat(unit, claim.run, Heartbeat(generation=1))
    with work() as unit:
        again = runs.heartbeat(unit, claim.run, Heartbeat(generation=1))
    with work() as unit:
        after = runs.heartbeat(unit, claim.run, Heartbeat(generation=1, heard=[again.say[0].id]))

    assert [said.text for said in lost.say] == [said.text for said in again.say] == ["Look at rounding too."]
    assert after.say == []


def test_the_stream_tells_which_message_has_reached_the_agent() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    with work() as unit:
        message = runs.say(unit, claim.run, text="Look at rounding too.", actor=doing.ADA)

    with work() as unit:
        runs.heartbeat(unit, claim.run, Heartbeat(generation=1, heard=[message]))

    with work() as unit:
        told = [frame.data["data"] for frame in stream.read_feed(unit, f"run:{claim.run}").frames if frame.kind == "run.event"]
    assert [(line.get("message"), line.get("delivered")) for line in told] == [(str(message), None), (None, str(message))]


def test_near_its_cap_an_agent_is_told_to_land() -> None:
    claim = doing.start(doing.ask(doing.make_issue(), cap_usd=10))

    with work() as unit:
        before = runs.heartbeat(unit, claim.run, Heartbeat(generation=1, metered_usd=7.99)).directive
    with work() as unit:
        after = runs.heartbeat(unit, claim.run, Heartbeat(generation=1, metered_usd=8)).directive

    assert (before, after) == ("continue", "land")


def test_a_result_that_does_not_fit_ends_the_run_as_failed_and_is_kept() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))

    run = doing.end(claim, outcome="splendid", report="all of it")

    assert run.outcome == "failed"
    assert run.summary
    assert "outcome" in run.summary
    assert run.report
    assert "all of it" in run.report


def _claim(run_id, nonce: str):
    with work() as unit:
        return briefs.claim(unit, run_id, NewClaim(generation=1, nonce=nonce))


def _record(run_id, *seqs: int, text: str = "line") -> Received:
    events = [{"seq": seq, "at": "2026-11-22T15:00:00Z", "kind": "message", "data": {"text": text}} for seq in seqs]
    with work() as unit:
        return runs.record_events(unit, run_id, NewEvents.model_validate({"generation": 1, "events": events}))
