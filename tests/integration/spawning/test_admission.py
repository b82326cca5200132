"""Admission: limits hold whoever asks, and however many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dispatch import runs, spawning
from dispatch.kit import clock as kit_clock
from dispatch.kit import work as kit_work
from dispatch.kit.errors import NotFound
from dispatch.kit.work import work
from dispatch.runs import Heartbeat
from dispatch.spawning import NewSpawn, SpawnState
from tests import doing
from tests.conftest import Queues

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def test_fifty_at_once_with_room_for_five_start_five(setting: pytest.MonkeyPatch, queues: Queues) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "5")
    setting.setenv("DAILY_SPAWN_BUDGET_PRD", "100")
    setting.setenv("DAILY_COST_LIMIT_USD", "10000")
    made = [doing.make_issue(f"Issue {n}") for n in range(50)]

    spawns = _together(50, lambda n: doing.ask(made[n]))

    states = sorted(spawn.state for spawn in spawns)
    assert states == [SpawnState.ADMITTED] * 5 + [SpawnState.WAITING] * 45
    assert len(queues.take("spawns")) == 5
    with work() as unit:
        assert [spawn.place for spawn in spawning.fleet(unit).waiting] == list(range(1, 46))
    assert all("5 of 5 PRD agents are running." in spawn.reason for spawn in spawns if spawn.state is SpawnState.WAITING)


def test_twenty_at_once_for_one_issue_start_one() -> None:
    issue = doing.make_issue()

    spawns = _together(20, lambda _: doing.ask(issue))

    assert sum(spawn.state is SpawnState.ADMITTED for spawn in spawns) == 1
    refused = [spawn for spawn in spawns if spawn.state is SpawnState.REFUSED]
    assert len(refused) == 19
    assert all(f"{issue.identifier} has an agent already" in spawn.reason for spawn in refused)


def test_money_is_reserved_before_and_settled_once_after(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("DAILY_COST_LIMIT_USD", "60")
    claim = doing.start(doing.ask(doing.make_issue()))
    doing.ask(doing.make_issue())

    third = doing.ask(doing.make_issue())

    assert (third.state, third.gate) == (SpawnState.WAITING, "money")
    doing.end(claim, plan=doing.PLAN, cost_usd=4)
    doing.end(claim, plan=doing.PLAN, cost_usd=4)
    with work() as unit:
        money = spawning.fleet(unit).money
    assert (money.settled_usd, money.reserved_usd, money.left_usd) == (Decimal(4), Decimal(50), Decimal(6))


def test_a_freed_place_goes_to_the_next_in_the_queue(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "1")
    first = doing.start(doing.ask(doing.make_issue()))
    low, high = doing.make_issue(priority="P4"), doing.make_issue(priority="P1")
    doing.ask(low)
    doing.ask(high)

    doing.end(first, plan=doing.PLAN)

    assert doing.issue_now(high).running
    assert not doing.issue_now(low).running


def test_a_refusal_keeps_its_decision_with_what_would_turn_it() -> None:
    issue = doing.make_issue()

    spawn = doing.ask(issue, "prd-implement")

    assert spawn.state is SpawnState.REFUSED
    with work() as unit:
        decision = spawning.why(unit, issue.identifier)[0]
    assert (decision.gate, decision.would_turn) == ("precondition", "Approve a plan first.")
    assert decision.inputs["plan_approved_at"] is None


def test_the_kill_switch_starts_nothing(setting: pytest.MonkeyPatch, queues: Queues) -> None:
    setting.setenv("SPAWN_KILL_SWITCH", "true")

    spawn = doing.ask(doing.make_issue())

    assert (spawn.state, spawn.gate) == (SpawnState.REFUSED, "kill_switch")
    assert queues.take("spawns") == []


def test_a_cancelled_run_gives_its_reserve_back_if_it_never_had_an_agent() -> None:
    issue = doing.make_issue()
    doing.ask(issue)

    with work() as unit:
        spawning.cancel_issue_run(unit, issue.identifier, actor=doing.ADA)

    with work() as unit:
        money = spawning.fleet(unit).money
    assert (money.settled_usd, money.reserved_usd) == (0, 0)
    assert doing.issue_now(issue).status.name == "Backlog"


def test_a_lost_run_settles_at_its_reserve(clock: pytest.FixtureRequest) -> None:
    issue = doing.make_issue()
    doing.start(doing.ask(issue))

    assert _sweep_for(4, clock) == 1
    assert _sweep_for(1, clock) == 0
    with work() as unit:
        assert spawning.fleet(unit).money.settled_usd == 25


def test_a_run_whose_runtime_never_answers_is_lost_though_it_was_tried_again(clock: pytest.FixtureRequest) -> None:
    spawn = doing.ask(doing.make_issue())
    assert spawn.run_id

    for _ in range(3):
        with work() as unit:
            assert runs.mark_starting(unit, spawn.run_id, 1)
        lost = _sweep_for(8, clock)

    assert lost == 1


def test_a_live_run_outlives_a_sleep_of_the_whole_machine(clock: pytest.FixtureRequest) -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    assert _sweep_for(1, clock) == 0

    clock.travel(hours=3)  # type: ignore[attr-defined]

    assert spawning.reap_lost_runs() == 0  # the sweep wakes up before the run's next heartbeat
    with work() as unit:
        runs.heartbeat(unit, claim.run, Heartbeat(generation=1))
    assert _sweep_for(2, clock) == 0
    assert _sweep_for(3, clock) == 1


def test_a_request_that_waited_past_midnight_counts_under_the_new_day(setting: pytest.MonkeyPatch, clock: pytest.FixtureRequest) -> None:
    setting.setenv("DAILY_COST_LIMIT_USD", "60")
    left = datetime.combine(kit_clock.now().date() + timedelta(days=1), datetime.min.time(), UTC) - kit_clock.now()
    late = doing.make_issue()
    claim = doing.start(doing.ask(doing.make_issue()))
    clock.travel(seconds=left.total_seconds() - 60)  # type: ignore[attr-defined]

    with work() as unit:
        clock.travel(seconds=120)  # type: ignore[attr-defined]
        _together(1, lambda _: doing.end(claim, plan=doing.PLAN, cost_usd=55))
        spawn = spawning.request(unit, late.id, NewSpawn(workflow="prd-investigate"), actor=doing.ADA)

    assert (spawn.state, spawn.gate) == (SpawnState.WAITING, "money")


def _sweep_for(minutes: int, clock: pytest.FixtureRequest) -> int:
    """How many lost runs the sweep found while it came every minute for so long."""
    lost = spawning.reap_lost_runs()
    for _ in range(minutes):
        clock.travel(minutes=1)  # type: ignore[attr-defined]
        lost += spawning.reap_lost_runs()
    return lost


def _together(count: int, act):
    """`act(0)` to `act(count - 1)`, from as many threads, each with a connection of its own."""

    def one(number: int):
        try:
            return act(number)
        finally:
            kit_work.close_connection()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_what_waits_for_a_place_is_forced_with_its_words_and_a_reason(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "0")
    issue = doing.make_issue()
    doing.ask(issue, words="Mind the till", cap_usd=7)

    with work() as unit:
        spawn = spawning.force(unit, issue.id, "The customer waits", actor=doing.ADA)

    assert (spawn.state, spawn.forced_because) == (SpawnState.ADMITTED, "The customer waits")
    with work() as unit:
        run = runs.get_run(unit, spawn.run_id) if spawn.run_id else None
    assert run
    assert (run.words, run.cap_usd) == ("Mind the till", 7)


def test_what_waits_for_money_waits_on_however_it_is_forced(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("DAILY_COST_LIMIT_USD", "30")
    doing.ask(doing.make_issue())
    issue = doing.make_issue()
    doing.ask(issue)

    with work() as unit:
        spawn = spawning.force(unit, issue.id, "The customer waits", actor=doing.ADA)

    assert (spawn.state, spawn.gate) == (SpawnState.WAITING, "money")


def test_nothing_is_forced_where_nothing_waits() -> None:
    issue = doing.make_issue()

    with work() as unit, pytest.raises(NotFound):
        spawning.force(unit, issue.id, "The customer waits", actor=doing.ADA)
