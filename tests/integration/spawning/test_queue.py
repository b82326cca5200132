"""The queue: who is next, and that nobody takes what somebody ahead waits for."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatch import customers, issues, spawning
from dispatch.customers import NewCustomer
from dispatch.issues import IssueChange
from dispatch.kit.work import close_connection, work
from dispatch.spawning import Spawn, SpawnState
from tests import doing
from tests.conftest import Clock
from tests.integration.spawning.by_itself import offer

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


@pytest.fixture(autouse=True)
def _full(setting: pytest.MonkeyPatch) -> None:
    """There is no place for what people ask for, until a test makes some."""
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "0")


def test_customers_take_turns() -> None:
    with work() as unit:
        for name in ("acme", "globex"):
            customers.create_customer(unit, NewCustomer(name=name, slug=name))
    asked = {
        f"{name} {n}": _ask(customer=name) for name, n in [("acme", 1), ("acme", 2), ("acme", 3), ("globex", 1), (None, 1), ("globex", 2)]
    }

    assert _order(asked) == ["acme 1", "globex 1", "None 1", "acme 2", "globex 2", "acme 3"]


def test_who_comes_is_told_the_place_that_the_queue_then_shows() -> None:
    with work() as unit:
        for name in ("acme", "globex"):
            customers.create_customer(unit, NewCustomer(name=name, slug=name))

    for customer, priority in [
        ("acme", "P3"),
        ("acme", "P3"),
        ("globex", "P3"),
        (None, "P1"),
        ("acme", "P1"),
        ("globex", "P4"),
        (None, "P3"),
    ]:
        spawn = _ask(customer=customer, priority=priority)
        with work() as unit:
            assert spawn.place == next(one.place for one in spawning.fleet(unit).waiting if one.id == spawn.id)


def test_who_had_runs_today_comes_after_who_had_none(setting: pytest.MonkeyPatch) -> None:
    with work() as unit:
        for name in ("acme", "globex"):
            customers.create_customer(unit, NewCustomer(name=name, slug=name))
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "2")
    _ask(customer="acme")
    _ask(customer="acme")
    asked = {f"{name} {n}": _ask(customer=name) for name, n in [("acme", 1), ("acme", 2), ("globex", 1), ("globex", 2), ("globex", 3)]}

    assert _order(asked) == ["globex 1", "globex 2", "acme 1", "globex 3", "acme 2"]


def test_the_more_urgent_comes_first_until_the_other_has_waited_four_hours_for_each_step(clock: Clock) -> None:
    asked = {"P3": _ask(priority="P3")}
    clock.travel(hours=3.9)
    asked["P2"] = _ask(priority="P2")
    assert _order(asked) == ["P2", "P3"]

    clock.travel(hours=0.2)

    assert _order(asked) == ["P3", "P2"]  # both P2 by now, and it is the older one
    clock.travel(hours=4)
    asked["P1"] = _ask(priority="P1")
    assert _order(asked) == ["P3", "P2", "P1"]


def test_a_place_moves_with_its_issue_s_priority() -> None:
    asked = {"first": _ask(), "second": _ask()}
    with work() as unit:
        issues.update_issue(unit, asked["second"].issue_id, IssueChange(priority=issues.Priority.P1), actor=doing.ADA)

    assert _order(asked) == ["second", "first"]


def test_a_newcomer_takes_no_place_that_somebody_ahead_waits_for(setting: pytest.MonkeyPatch) -> None:
    waits = _ask()
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "1")  # a place is free, and nobody has offered it yet

    newcomer, urgent = _ask(), _ask(priority="P1")

    assert (newcomer.state, newcomer.gate) == (SpawnState.WAITING, "concurrency")
    assert newcomer.reason == "The next free place for PRD agents belongs to a spawn ahead in the queue."
    assert urgent.state is SpawnState.ADMITTED
    assert waits.state is SpawnState.WAITING


def test_small_change_is_not_taken_from_under_a_large_spawn(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "5")
    setting.setenv("DAILY_COST_LIMIT_USD", "30")
    doing.ask(doing.make_issue(), cap_usd=10)
    large = doing.ask(doing.make_issue(), cap_usd=25)

    small = doing.ask(doing.make_issue(), cap_usd=5)

    assert (large.gate, small.gate) == ("money", "money")
    assert small.reason == "The money that is left today belongs to a spawn ahead in the queue."


def test_a_forced_spawn_takes_no_money_that_somebody_ahead_waits_for(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("DAILY_COST_LIMIT_USD", "30")
    small = doing.ask(doing.make_issue(priority="P4"), cap_usd=5)
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "5")
    doing.ask(doing.make_issue(priority="P1"), cap_usd=10)
    large = doing.ask(doing.make_issue(priority="P1"), cap_usd=25)
    assert (small.gate, large.gate) == ("concurrency", "money")

    with work() as unit:
        forced = spawning.force(unit, small.issue_id, "Now.", actor=doing.ADA)

    assert (forced.state, forced.reason) == (SpawnState.WAITING, "The money that is left today belongs to a spawn ahead in the queue.")


def test_who_waits_for_their_own_purse_holds_nobody_else(setting: pytest.MonkeyPatch) -> None:
    with work() as unit:
        customers.create_customer(unit, NewCustomer(name="acme", slug="acme"))
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "5")
    setting.setenv("DAILY_COST_LIMIT_BY_CUSTOMER", '{"acme": 25}')
    doing.ask(doing.make_issue(customer="acme"))
    assert doing.ask(doing.make_issue(customer="acme", priority="P1")).gate == "money"

    assert doing.ask(doing.make_issue(priority="P4")).state is SpawnState.ADMITTED


def test_a_withdrawn_spawn_gives_its_place_up(setting: pytest.MonkeyPatch) -> None:
    first, second = _ask(), _ask()
    with work() as unit:
        spawning.cancel_issue_run(unit, first.issue_id, actor=doing.ADA)

    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "1")

    assert [spawn.id for spawn in offer()] == [second.id]
    assert _waiting() == []


def _ask(**more: object) -> Spawn:
    return doing.ask(doing.make_issue(**more))


def _waiting() -> list[Spawn]:
    with work() as unit:
        return spawning.fleet(unit).waiting


def _order(asked: dict[str, Spawn]) -> list[str]:
    names = {spawn.id: name for name, spawn in asked.items()}
    return [names[spawn.id] for spawn in _waiting()]


def test_a_spawn_whose_issue_was_just_deleted_is_passed_over(setting: pytest.MonkeyPatch) -> None:
    gone, stays = _ask(), _ask()
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "1")

    with ThreadPoolExecutor(1) as pool:
        with work() as unit:
            issues.delete_issue(unit, gone.issue_id, actor=doing.ADA)
            offered = pool.submit(_offer_in_a_thread)
            time.sleep(0.3)  # until it waits for the issue

        assert [spawn.id for spawn in offered.result(10)] == [stays.id]


def _offer_in_a_thread() -> list[Spawn]:
    try:
        return offer()
    finally:
        close_connection()
