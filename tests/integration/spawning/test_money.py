"""Money: set aside before, settled once after, corrected upwards, and a day's own."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from dispatch import customers, plans, runs, spawning
from dispatch.briefs import BriefedClaim
from dispatch.customers import NewCustomer
from dispatch.kit import clock as kit_clock
from dispatch.kit.errors import StaleClaim
from dispatch.kit.work import work
from dispatch.runs import Heartbeat, NewEvents
from dispatch.spawning import SpawnState
from dispatch.spawning.shapes import MoneyToday
from tests import doing
from tests.conftest import Clock
from tests.integration.spawning.by_itself import offer

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def test_a_workflow_has_its_own_limit_and_leaves_the_others_theirs(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("DAILY_COST_LIMIT_BY_WORKFLOW", '{"deep-research": 40}')
    doing.ask(doing.make_issue(), "deep-research")

    second, other = doing.ask(doing.make_issue(), "deep-research"), doing.ask(doing.make_issue())

    assert (second.state, second.gate) == (SpawnState.WAITING, "money")
    assert second.would_turn == "It starts when $10.00 is free: a run ends below its cap, or the day does."
    assert other.state is SpawnState.ADMITTED
    assert {purse.name: (purse.limit_usd, purse.reserved_usd) for purse in _money().by_workflow} == {
        "deep-research": (40, 25),
        "prd-investigate": (None, 25),
    }


def test_a_customer_has_a_limit_and_some_have_their_own(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("DAILY_COST_LIMIT_PER_CUSTOMER", "30")
    setting.setenv("DAILY_COST_LIMIT_BY_CUSTOMER", '{"acme": 50}')
    with work() as unit:
        for name in ("acme", "globex"):
            customers.create_customer(unit, NewCustomer(name=name, slug=name))
    for name in ("acme", "acme", "globex"):
        assert doing.ask(doing.make_issue(customer=name)).state is SpawnState.ADMITTED

    third, second, nobodys = (doing.ask(doing.make_issue(customer=name)) for name in ("acme", "globex", None))

    assert [(spawn.state, spawn.gate) for spawn in (third, second)] == [(SpawnState.WAITING, "money")] * 2
    assert nobodys.state is SpawnState.ADMITTED


def test_a_run_over_midnight_is_reserved_until_it_ends_and_settled_on_the_day_it_does(setting: pytest.MonkeyPatch, clock: Clock) -> None:
    setting.setenv("DAILY_COST_LIMIT_USD", "60")
    claim = doing.start(doing.ask(doing.make_issue()))
    _to_midnight(clock)

    assert (_money().reserved_usd, _money().settled_usd) == (25, 0)
    assert [doing.ask(doing.make_issue()).state for _ in range(2)] == [SpawnState.ADMITTED, SpawnState.WAITING]
    doing.end(claim, plan=doing.PLAN, cost_usd=7)

    assert (_money().reserved_usd, _money().settled_usd) == (50, 7)


def test_the_day_s_budgets_open_at_midnight_though_no_schedule_fires(setting: pytest.MonkeyPatch, clock: Clock) -> None:
    setting.setenv("DAILY_SPAWN_BUDGET_PRD", "1")
    setting.setenv("DAILY_COST_LIMIT_USD", "30")
    doing.end(doing.start(doing.ask(doing.make_issue())), plan=doing.PLAN, cost_usd=20)
    assert doing.ask(doing.make_issue()).gate == "daily_spawns"
    _to_midnight(clock)

    assert doing.ask(doing.make_issue()).would_turn == "It starts when its turn comes."  # what waits from yesterday comes first
    assert len(offer()) == 1
    assert doing.ask(doing.make_issue()).gate == "daily_spawns"


@pytest.mark.parametrize(
    ("told", "settled"),
    [
        ([3, 3, 3], 3),
        ([3, 9, 5], 9),
        ([9, 3], 9),
        ([None], 25),
        ([None, 4], 25),
        ([None, 31.5, 31.25], 31.5),
        ([0, 0.000001], 0.000001),
        ([40], 40),
    ],
)
def test_a_run_settles_once_and_only_upwards(database: str, told: list[float | None], settled: float) -> None:
    claim = doing.start(doing.ask(doing.make_issue()))

    for cost in told:
        doing.end(claim, outcome="failed", cost_usd=cost)

    assert _money().settled_usd == Decimal(str(settled))
    assert _kinds(database, claim)[:2] == ["reserve", "settle"]
    assert _kinds(database, claim).count("settle") == 1


@pytest.mark.parametrize("cost", [1_000_000, 999_999.9999999, 1e12, float("nan"), float("inf"), -1])
def test_a_cost_that_cannot_be_counts_as_unmeasured(cost: float) -> None:
    claim = doing.start(doing.ask(doing.make_issue()))

    run = doing.end(claim, outcome="no_changes_needed", cost_usd=cost)

    assert (run.outcome, run.cost_usd, _money().settled_usd) == ("failed", None, 25)


@pytest.mark.parametrize("spent", [1_000_000, 1e12, float("nan"), float("inf"), -5, "9", None])
def test_a_figure_that_cannot_be_does_not_count_as_metered(spent: object) -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    usage = {"seq": 1, "at": kit_clock.now(), "kind": "usage", "data": {"metered_usd": spent}}

    with work() as unit:
        runs.record_events(unit, claim.run, NewEvents.model_validate({"generation": 1, "events": [usage]}))

    assert _beat(claim, 3) == "continue"
    with work() as unit:
        assert runs.get_run(unit, claim.run).metered_usd == 3


def test_a_contradictory_result_changes_no_outcome() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    doing.end(claim, outcome="failed", summary="It broke.", cost_usd=1)

    again = doing.end(claim, outcome="no_changes_needed", summary="All is well.", cost_usd=2)

    assert (again.outcome, again.summary) == ("failed", "It broke.")
    assert _money().settled_usd == 2


def test_a_cancelled_run_settles_at_what_was_metered_and_its_last_beats_correct_it(database: str) -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    _beat(claim, 4)
    with work() as unit:
        spawning.cancel_run(unit, claim.run, actor=doing.ADA)
    assert _money().settled_usd == 4

    for spent in (4.5, 4.5, 3, None):
        assert _beat(claim, spent) == "cancel"

    assert _money().settled_usd == Decimal("4.5")
    assert _kinds(database, claim) == ["reserve", "settle", "correct"]


def test_a_cancelled_run_that_nobody_measured_settles_at_its_reserve() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))

    with work() as unit:
        spawning.cancel_run(unit, claim.run, actor=doing.ADA)

    assert _money().settled_usd == 25


def test_a_result_after_the_cancel_costs_nothing_and_says_nothing() -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    _beat(claim, 1)
    with work() as unit:
        spawning.cancel_run(unit, claim.run, actor=doing.ADA)

    with pytest.raises(StaleClaim), work() as unit:
        plans.take_result(unit, claim.run, {"generation": 1, "outcome": "completed", "summary": "!", "cost_usd": 20}, actor=doing.AGENT)

    assert _money().settled_usd == 1


def test_more_than_its_reserve_keeps_the_next_one_out(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("DAILY_COST_LIMIT_USD", "60")
    claim = doing.start(doing.ask(doing.make_issue()))

    doing.end(claim, outcome="failed", cost_usd=36)

    assert doing.ask(doing.make_issue()).gate == "money"
    assert doing.ask(doing.make_issue(), cap_usd=24).gate == "money"  # the one ahead waits for what is left


def _money() -> MoneyToday:
    with work() as unit:
        return spawning.fleet(unit).money


def _beat(claim: BriefedClaim, spent: float | None) -> str:
    with work() as unit:
        return spawning.hear_heartbeat(unit, claim.run, Heartbeat(generation=1, metered_usd=spent)).directive


def _kinds(database: str, claim: BriefedClaim) -> list[Any]:
    with psycopg.connect(database) as conn:
        rows = conn.execute("SELECT kind FROM ledger WHERE run_id = %s ORDER BY id", (claim.run,)).fetchall()
    return [kind for (kind,) in rows]


def _to_midnight(clock: Clock) -> None:
    """It is one second after the next midnight (UTC)."""
    now = kit_clock.now()
    clock.travel(seconds=(datetime.combine(now.date() + timedelta(days=1), time(), UTC) - now).total_seconds() + 1)
