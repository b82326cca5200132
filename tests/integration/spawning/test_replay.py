"""The past decided again: word for word under its own limits, and as it would have been under others."""

from decimal import Decimal

import pytest

from dispatch import spawning
from dispatch.kit.work import work
from dispatch.spawning import Decision, NewReplay, Replay
from tests.integration.spawning.busy import BusyDays

WIDE = dict.fromkeys(("max_concurrent_spawns", "max_concurrent_spawns_prd", "max_concurrent_spawns_error"), 20) | {
    "daily_cost_limit_usd": 10_000,
    "daily_cost_limit_per_customer": None,
    "spawn_cooldown_hours": 0,
}

pytestmark = [pytest.mark.usefixtures("database", "queues", "repository"), pytest.mark.timeout(300)]


@pytest.fixture
def tight(setting) -> None:
    """Limits that a busy day runs into."""
    setting.setenv("MAX_CONCURRENT_SPAWNS", "4")
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "3")
    setting.setenv("MAX_CONCURRENT_SPAWNS_ERROR", "2")
    setting.setenv("DAILY_COST_LIMIT_USD", "150")
    setting.setenv("DAILY_COST_LIMIT_PER_CUSTOMER", "45")
    setting.setenv("MAX_AGENT_COST_PER_RUN", "20")
    setting.setenv("SPAWN_COOLDOWN_HOURS", "3")
    setting.setenv("BREAKER_FAILURES", "2")


@pytest.mark.usefixtures("tight")
def test_every_stored_decision_is_made_again_word_for_word(clock) -> None:
    BusyDays(clock, 7, is_wild=True).live(hours=26)

    decisions = _all_decisions()
    with work() as unit:
        limits = {policy.version: policy.limits for policy in spawning.list_versions(unit, limit=200)}
    again = {one.id: spawning.decide_again(one.inputs, limits[one.policy_version], one.at) for one in decisions}

    assert [
        (one.id, one.verdict, one.gate, one.reason, one.would_turn)
        for one in decisions
        if (one.verdict, one.gate, one.reason, one.would_turn)
        != (again[one.id].verdict, again[one.id].gate, again[one.id].reason, again[one.id].would_turn)
    ] == []
    assert len(decisions) > 100
    assert len(limits) > 2
    assert {one.gate for one in decisions} >= {None, "issue", "precondition", "breaker", "cooldown", "occurrences", "concurrency", "money"}


@pytest.mark.usefixtures("tight")
def test_under_the_same_limits_the_past_comes_out_as_it_was(clock) -> None:
    BusyDays(clock, 11, is_wild=False).live(hours=32)

    told = _replay(days=3)

    before, after = told.before, told.after
    assert before.runs > 25
    assert before.waited > 10
    assert after.spawns == before.spawns
    assert abs(after.runs - before.runs) <= 0.05 * before.runs
    assert abs(after.cost_usd - before.cost_usd) <= Decimal("0.1") * before.cost_usd
    assert len(told.missed) <= 2


@pytest.mark.usefixtures("tight")
def test_other_limits_change_what_runs_what_it_costs_and_what_is_missed(clock) -> None:
    BusyDays(clock, 11, is_wild=False).live(hours=16)

    none, few, more = (
        _replay(days=2, max_concurrent_spawns=0),
        _replay(days=2, daily_cost_limit_usd=40),
        _replay(days=2, **WIDE),
    )

    assert (none.after.runs, none.after.cost_usd, none.after.patches) == (0, 0, 0)
    assert none.saved_usd == none.before.cost_usd > 0
    assert len(none.missed) > 0
    assert 0 < few.after.runs < few.before.runs
    assert few.after.cost_usd <= 2 * 40
    assert {run.issue for run in few.missed} <= {run.issue for run in none.missed}
    assert more.after.waited < more.before.waited
    assert len(more.missed) < len(few.missed)
    assert _replay(days=2, daily_cost_limit_usd=40) == few
    assert few.sentence.startswith(f"The last 2 days: {few.after.runs} runs instead of {few.before.runs}, $")


def test_with_nothing_asked_for_there_is_nothing_to_say() -> None:
    told = _replay(days=1)

    assert (told.before, told.missed) == (told.after, [])
    assert told.sentence == "Today: nothing was asked for, so there is nothing to try this on."


def _replay(days: int, **limits: object) -> Replay:
    with work() as unit:
        return spawning.replay(unit, NewReplay(days=days, limits=limits))


def _all_decisions() -> list[Decision]:
    decisions: list[Decision] = []
    cursor = None
    while True:
        with work() as unit:
            page = spawning.list_decisions(unit, spawning.DecisionFilter(), cursor=cursor, limit=200)
        decisions += page.items
        if not (cursor := page.next_cursor):
            return decisions
