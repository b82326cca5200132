"""The sweep's duties, asked for by a person."""

from dispatch import spawning
from dispatch.kit.work import work
from tests import doing


def test_an_admin_has_lost_runs_ended_unstarted_ones_resent_and_the_queue_offered(owner, queues, setting, clock):
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "2")
    doing.start(doing.ask(doing.make_issue()))
    doing.ask(doing.make_issue())
    waiting = doing.ask(doing.make_issue())
    queues.take("spawns")
    _let_minutes_pass(4, clock)

    cleaned = owner.post("/api/spawns/cleanup")

    assert (cleaned.status, cleaned.json) == (200, {"lost": 1, "resent": 1, "offered": 0})  # the lost one's place was given away at once
    assert len([message for message in queues.take("spawns") if not message.get("stop")]) == 2  # and one is told to stop
    with work() as unit:
        assert [spawn.id for spawn in spawning.fleet(unit).waiting] == []
        assert {run.issue_id for run in spawning.fleet(unit).running} >= {waiting.issue_id}


def test_it_offers_what_the_settings_let_in_since(owner, queues, setting):
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "0")
    doing.ask(doing.make_issue())
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "1")

    assert owner.post("/api/spawns/cleanup").json == {"lost": 0, "resent": 0, "offered": 1}


def test_only_an_admin_may(owner, stranger, queues):
    assert stranger.post("/api/spawns/cleanup").status == 401
    stranger.bearer = owner.post("/api/tokens", {"name": "ci", "scopes": ["read", "spawn"]}).json["token"]
    refused = stranger.post("/api/spawns/cleanup")
    assert (refused.status, refused.json["code"]) == (403, "missing_right")


def _let_minutes_pass(minutes: int, clock) -> None:
    """The schedule's sweeps come, but for their duties: they only note that somebody listens."""
    from dispatch import runs

    for _ in range(minutes):
        with work() as unit:
            runs.note_sweep(unit)
        clock.travel(minutes=1)
