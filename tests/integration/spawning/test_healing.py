"""Errors that heal by themselves before an agent starts: their spawns are withdrawn, and what they would have cost counts as not spent."""

from decimal import Decimal

import pytest

from dispatch import activity, spawning
from dispatch.issues import Issue
from dispatch.kit import clock as kit_clock
from dispatch.kit.events import Event
from dispatch.kit.work import work
from dispatch.spawning import SpawnState
from tests import doing
from tests.conftest import Clock
from tests.integration.spawning.by_itself import ask_for_error, offer, see

pytestmark = pytest.mark.usefixtures("database", "queues", "repository", "delayed")


@pytest.fixture
def delayed(setting: pytest.MonkeyPatch) -> None:
    """Errors are given half an hour to heal."""
    setting.setenv("SPAWN_DELAY_MINUTES", "30")
    setting.setenv("SPAWN_COOLDOWN_HOURS", "0")


def test_what_waited_in_case_its_error_healed_is_withdrawn_and_its_reserve_counts_as_not_spent(clock: Clock) -> None:
    ask_for_error(issue := doing.make_issue(), see("checkout", 3, first_seen_ago_s=0))

    assert _heal(issue)

    with work() as unit:
        assert spawning.fleet(unit).waiting == []
        [told] = [entry for entry in activity.list_activity(unit, issue.id) if entry.kind is Event.SPAWN_WITHDRAWN]
        assert spawning.stats(unit, days=1).not_spent_usd == 25
    assert told.data["reason"].startswith("The error healed by itself: its alerts ended at ")
    assert told.data["reason"].endswith(" (UTC), and about $25.00 was not spent.")
    clock.travel(hours=1)
    assert offer() == []


def test_what_was_not_spent_is_what_such_runs_usually_cost() -> None:
    for n in range(10):
        doing.end(doing.start(doing.ask(doing.make_issue(), "auto-investigate")), outcome="no_changes_needed", cost_usd=n + 1)
    ask_for_error(issue := doing.make_issue(), see("checkout", 3, first_seen_ago_s=0))

    _heal(issue)

    assert _not_spent() == Decimal("5.5")


def test_an_error_that_was_seen_too_seldom_to_cost_anything_saves_nothing() -> None:
    ask_for_error(issue := doing.make_issue(), see("checkout", 1, first_seen_ago_s=0))

    assert _heal(issue)

    assert _not_spent() == 0


def test_an_error_that_comes_back_asks_again_and_waits_anew(clock: Clock) -> None:
    ask_for_error(issue := doing.make_issue(), see("checkout", 3, first_seen_ago_s=0))
    _heal(issue)
    clock.travel(hours=2)

    again = ask_for_error(issue, see("checkout", 4, first_seen_ago_s=7200))

    assert again
    assert (again.state, again.gate) == (SpawnState.WAITING, "occurrences")
    clock.travel(minutes=31)
    assert [spawn.id for spawn in offer()] == [again.id]


def test_what_waits_for_a_place_is_wanted_though_its_alert_has_ended(setting: pytest.MonkeyPatch, clock: Clock) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_ERROR", "0")
    waits = ask_for_error(issue := doing.make_issue(), see("checkout", 3))
    assert waits

    assert not _heal(issue)

    with work() as unit:
        assert [spawn.id for spawn in spawning.fleet(unit).waiting] == [waits.id]


def test_what_a_person_asked_for_is_not_withdrawn(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_ERROR", "0")
    waits = doing.ask(issue := doing.make_issue(), "auto-investigate")

    assert not _heal(issue)

    with work() as unit:
        assert [spawn.id for spawn in spawning.fleet(unit).waiting] == [waits.id]


def _heal(issue: Issue) -> bool:
    with work() as unit:
        return spawning.note_healed(unit, issue.id, kit_clock.now())


def _not_spent() -> Decimal:
    with work() as unit:
        return spawning.stats(unit, days=1).not_spent_usd
