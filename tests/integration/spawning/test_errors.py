"""What an error starts by itself: what it rests on is its family's own, as of now, and the schedule alone offers it again."""

from datetime import timedelta

import pytest

from dispatch import spawning
from dispatch.kit import clock as kit_clock
from dispatch.kit.work import work
from dispatch.spawning import SpawnState
from tests import doing
from tests.conftest import Clock
from tests.integration.spawning.by_itself import ask_for_error, offer, see

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def test_an_error_starts_once_it_was_seen_often_enough_though_nobody_touched_its_spawn() -> None:
    waits = ask_for_error(issue := doing.make_issue(), see("checkout", 1))
    assert waits
    assert (waits.state, waits.gate, waits.automatic) == (SpawnState.WAITING, "occurrences", True)

    see("checkout", 2)
    assert offer() == []
    with work() as unit:
        [shown] = spawning.fleet(unit).waiting
    assert (shown.reason, shown.would_turn) == ("It was seen 2 times; it takes 3.", "It starts when it is seen once more.")
    see("checkout", 3)

    assert [spawn.id for spawn in offer()] == [waits.id]
    with work() as unit:
        newest = spawning.why(unit, issue.id)[0]
    assert newest.inputs["cause"]["occurrences"] == 3


def test_an_error_that_waits_or_has_an_agent_asks_for_no_second_one() -> None:
    issue = doing.make_issue()

    assert ask_for_error(issue, see("checkout", 1))
    assert ask_for_error(issue, see("checkout", 2)) is None
    see("checkout", 3)
    offer()
    assert ask_for_error(issue, see("checkout", 4)) is None
    with work() as unit:
        assert len({decision.spawn_id for decision in spawning.why(unit, issue.id)}) == 1


def test_an_error_is_refused_once_for_one_reason_however_often_it_asks() -> None:
    issue = doing.make_issue(status="Done")

    refused, again = (ask_for_error(issue, see("checkout", 3)) for _ in range(2))

    assert refused
    assert (refused.state, refused.gate) == (SpawnState.REFUSED, "issue")
    assert again is None


def test_an_error_waits_for_a_deployment_to_end(clock: Clock) -> None:
    _deploy("in_progress")

    waits = ask_for_error(doing.make_issue(), see("checkout", 3))

    assert waits
    assert (waits.state, waits.gate, waits.reason) == (SpawnState.WAITING, "deployment", "A deployment is in progress; it may heal.")
    clock.travel(minutes=10)
    assert offer() == []
    _deploy("succeeded")
    assert [spawn.id for spawn in offer()] == [waits.id]


def test_an_error_does_not_wait_for_ever_for_a_deployment_that_hangs(clock: Clock) -> None:
    _deploy("in_progress")
    waits = ask_for_error(doing.make_issue(), see("checkout", 3))
    assert waits

    clock.travel(minutes=29)
    assert offer() == []
    clock.travel(minutes=2)

    assert [spawn.id for spawn in offer()] == [waits.id]


def test_a_person_and_an_immediate_source_do_not_wait_for_a_deployment() -> None:
    _deploy("in_progress")

    by_itself = ask_for_error(doing.make_issue(), see("deploy", 1, source="ci-deploy"))
    by_ada = doing.ask(doing.make_issue(), "auto-investigate")

    assert by_itself
    assert (by_itself.state, by_ada.state) == (SpawnState.ADMITTED, SpawnState.ADMITTED)


def test_a_deployment_of_another_repository_holds_nothing() -> None:
    _deploy("in_progress", repository="acme/site")

    spawn = ask_for_error(doing.make_issue(), see("checkout", 3))

    assert spawn
    assert spawn.state is SpawnState.ADMITTED


def test_the_schedule_alone_starts_what_had_to_be_seen_wait_and_cool_down(setting: pytest.MonkeyPatch, clock: Clock) -> None:
    """From the first alert on, only the family's row changes and the clock goes on."""
    setting.setenv("SPAWN_DELAY_MINUTES", "30")
    issue = doing.make_issue()
    assert ask_for_error(issue, see("checkout", 1, first_seen_ago_s=0))

    see("checkout", 5)
    assert offer() == []  # it was seen often enough, and may heal yet
    clock.travel(minutes=31)
    [started] = offer()
    doing.end(doing.start(started), outcome="no_changes_needed")

    again = ask_for_error(issue, see("checkout", 6, first_seen_ago_s=0))
    assert again
    assert (again.state, again.gate) == (SpawnState.WAITING, "cooldown")
    clock.travel(hours=23)
    assert offer() == []
    clock.travel(hours=1, minutes=1)
    assert [spawn.id for spawn in offer()] == [again.id]


def _deploy(state: str, *, repository: str = "acme/shop") -> None:
    now = kit_clock.now()
    with work() as unit:
        unit.conn.execute(
            """
            INSERT INTO deployment (repository, external_id, environment, sha, state, began_at, ended_at, heard_at)
            VALUES (%(repository)s, 'deployment:1', 'production', repeat('a', 40), %(state)s, %(at)s, %(ended_at)s, %(at)s)
            ON CONFLICT (repository, external_id) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at
            """,
            {
                "repository": repository,
                "state": state,
                "at": now,
                "ended_at": None if state == "in_progress" else now + timedelta(seconds=1),
            },
        )
