"""What an error may start by itself, and when; what a person asks for passes."""

import pytest

from dispatch import plans, spawning
from dispatch.issues import Issue
from dispatch.kit.work import work
from dispatch.plans import PlanDecision
from dispatch.spawning import SpawnState
from tests import doing
from tests.conftest import Clock
from tests.integration.spawning.by_itself import ask_by_itself, offer

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def test_an_error_that_had_a_run_cools_down_until_its_hours_are_over(clock: Clock) -> None:
    doing.end(doing.start(ask_by_itself(doing.make_issue())), outcome="no_changes_needed")
    again = doing.make_issue()

    waits = ask_by_itself(again)

    assert (waits.state, waits.gate) == (SpawnState.WAITING, "cooldown")
    clock.travel(hours=23.99)
    assert offer() == []
    clock.travel(hours=0.02)
    assert [spawn.id for spawn in offer()] == [waits.id]
    assert doing.issue_now(again).running


def test_another_error_does_not_cool_down_with_it() -> None:
    doing.start(ask_by_itself(doing.make_issue(), family="checkout"))

    assert ask_by_itself(doing.make_issue(), family="login").state is SpawnState.ADMITTED


def test_a_person_starts_what_cools_down() -> None:
    doing.end(doing.start(ask_by_itself(issue := doing.make_issue())), outcome="no_changes_needed")

    assert doing.ask(issue, "auto-investigate").state is SpawnState.ADMITTED


@pytest.mark.parametrize("places", ["0", "1"])
def test_a_person_who_asks_takes_the_place_of_what_waits_by_itself_until_somebody_does(setting: pytest.MonkeyPatch, places: str) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_ERROR", places)
    waits = ask_by_itself(issue := doing.make_issue(), occurrences=1)
    assert waits.gate == "occurrences"

    asked = doing.ask(issue, "auto-investigate")

    assert asked.state is (SpawnState.ADMITTED if places == "1" else SpawnState.WAITING)
    with work() as unit:
        assert [spawn.id for spawn in spawning.fleet(unit).waiting] == ([] if places == "1" else [asked.id])


def test_a_person_who_is_refused_leaves_what_waits_by_itself_where_it_is() -> None:
    waits = ask_by_itself(issue := doing.make_issue(), occurrences=1)

    assert doing.ask(issue, "prd-implement").gate == "precondition"

    with work() as unit:
        assert [spawn.id for spawn in spawning.fleet(unit).waiting] == [waits.id]


def test_what_waits_by_itself_for_a_place_keeps_it_when_a_person_asks_too(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_ERROR", "0")
    ask_by_itself(issue := doing.make_issue())

    assert doing.ask(issue, "auto-investigate").reason == f"{issue.identifier} waits for an agent already."


def test_an_error_seen_too_seldom_waits_and_says_how_often_it_takes() -> None:
    spawn = ask_by_itself(doing.make_issue(), occurrences=2)

    assert (spawn.state, spawn.gate) == (SpawnState.WAITING, "occurrences")
    assert (spawn.reason, spawn.would_turn) == ("It was seen 2 times; it takes 3.", "It starts when it is seen once more.")
    assert spawn.automatic


@pytest.mark.parametrize("source", ["ci-deploy", "migration", "infrastructure"])
def test_an_immediate_source_needs_to_be_seen_once_and_waits_for_nothing(setting: pytest.MonkeyPatch, source: str) -> None:
    setting.setenv("SPAWN_DELAY_MINUTES", "30")

    assert ask_by_itself(doing.make_issue(), source=source, occurrences=1, seen_ago_s=0).state is SpawnState.ADMITTED


def test_an_error_may_heal_by_itself_before_it_starts_a_run(setting: pytest.MonkeyPatch, clock: Clock) -> None:
    setting.setenv("SPAWN_DELAY_MINUTES", "30")
    waits = ask_by_itself(doing.make_issue(), seen_ago_s=60)

    assert (waits.state, waits.gate, waits.reason) == (SpawnState.WAITING, "occurrences", "It may heal by itself yet.")
    clock.travel(minutes=28)
    assert offer() == []
    clock.travel(minutes=2)
    assert len(offer()) == 1


def test_nothing_starts_by_itself_while_people_have_enough_to_review(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("MAX_WAITING_REVIEWS", "2")
    doing.propose(reviewed := doing.make_issue())
    doing.propose(doing.make_issue())

    by_itself, asked_for = ask_by_itself(doing.make_issue()), doing.ask(doing.make_issue())

    assert (by_itself.state, by_itself.gate) == (SpawnState.WAITING, "review_capacity")
    assert asked_for.state is SpawnState.ADMITTED
    _decide(reviewed)
    assert [spawn.id for spawn in offer()] == [by_itself.id]


def test_force_passes_the_pace_and_is_kept_with_its_reason(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "0")
    setting.setenv("DAILY_SPAWN_BUDGET_PRD", "0")

    spawn = doing.ask(doing.make_issue(), force_because="The shop is down.")

    assert (spawn.state, spawn.forced_because) == (SpawnState.ADMITTED, "The shop is down.")


def test_force_passes_no_money(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("DAILY_COST_LIMIT_USD", "30")
    doing.ask(doing.make_issue())

    spawn = doing.ask(doing.make_issue(), force_because="The shop is down.")

    assert (spawn.state, spawn.gate) == (SpawnState.WAITING, "money")


def _decide(issue: Issue) -> None:
    with work() as unit:
        plans.decide_plan(unit, issue.id, PlanDecision(action="approve", version=1, implement=False), actor=doing.ADA)
