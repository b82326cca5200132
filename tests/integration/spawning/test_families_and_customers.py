"""Whose money and whose error a run is stays as it was when it was admitted."""

from datetime import timedelta

import pytest

from dispatch import customers, issues, spawning
from dispatch.customers import NewCustomer
from dispatch.issues import Issue, IssueChange
from dispatch.kit import clock as kit_clock
from dispatch.kit.actors import SYSTEM
from dispatch.kit.work import work
from dispatch.runs import Run
from dispatch.spawning import Cause, NewSpawn, NewSwitch, Spawn, SpawnState, SwitchScope
from tests import doing
from tests.conftest import Clock

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def test_an_issue_that_changes_its_customer_takes_no_reserve_along(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("DAILY_COST_LIMIT_PER_CUSTOMER", "30")
    _make_customers("acme", "globex")
    moved = doing.make_issue(customer="acme")
    doing.ask(moved)
    with work() as unit:
        issues.update_issue(unit, moved.id, IssueChange(customer="globex"), actor=doing.ADA)

    for_acme, for_globex = doing.ask(doing.make_issue(customer="acme")), doing.ask(doing.make_issue(customer="globex"))

    assert (for_acme.state, for_acme.gate) == (SpawnState.WAITING, "money")
    assert for_globex.state is SpawnState.ADMITTED


def test_a_person_who_asks_for_a_run_of_a_resting_error_gets_the_one_probe(clock: Clock) -> None:
    first, second, third = (_seen("checkout", n) for n in range(3))
    for issue in (first, second, third):
        _fail(doing.ask(issue, "deep-research"))
    assert doing.ask(first).gate == "breaker"
    clock.travel(minutes=31)

    probe, other = doing.ask(second, "auto-triage"), doing.ask(third, "auto-triage")

    assert probe.state is SpawnState.ADMITTED
    assert (other.state, other.gate, other.would_turn) == (SpawnState.WAITING, "breaker", "It starts when that run ends well.")


def test_a_person_s_run_that_ends_well_closes_the_breaker_of_its_error(clock: Clock) -> None:
    first, second = _seen("checkout", 0), _seen("checkout", 1)
    for issue in (first, second, first):
        _fail(doing.ask(issue, "deep-research"))
        _reset("deep-research")
    clock.travel(minutes=31)

    with work() as unit:
        assert [(breaker.value, breaker.open) for breaker in spawning.fleet(unit).breakers] == [("checkout", True)]
    doing.end(doing.start(doing.ask(second, "auto-triage")), outcome="completed")

    with work() as unit:
        assert spawning.fleet(unit).breakers == []


def test_the_kill_switch_of_a_family_stops_a_person_s_run_of_it_too() -> None:
    issue, other = _seen("checkout", 0), _seen("login", 1)
    doing.ask(issue)
    doing.ask(other)

    with work() as unit:
        switch = spawning.close_switch(unit, NewSwitch(scope=SwitchScope.FAMILY, value="checkout", reason="Known."), actor=doing.ADA)

    assert switch.stopped == 1
    assert not doing.issue_now(issue).running
    assert doing.issue_now(other).running


def _make_customers(*names: str) -> None:
    with work() as unit:
        for name in names:
            customers.create_customer(unit, NewCustomer(name=name, slug=name))


def _seen(family: str, number: int) -> Issue:
    """An issue of an error that was seen once: too seldom to start anything by itself, and what it asked for is withdrawn."""
    issue = doing.make_issue(f"{family} {number}")
    cause = Cause(family=family, source="grafana", occurrences=1, seen_at=kit_clock.now() - timedelta(hours=1))
    with work() as unit:
        spawning.request(unit, issue.id, NewSpawn(workflow="auto-investigate"), actor=SYSTEM, cause=cause)
    with work() as unit:
        spawning.cancel_issue_run(unit, issue.id, actor=doing.ADA)
    return issue


def _fail(spawn: Spawn) -> Run:
    return doing.end(doing.start(spawn), outcome="failed")


def _reset(workflow: str) -> None:
    """Only the error's breaker is to be looked at."""
    with work() as unit:
        spawning.reset_breaker(unit, spawning.BreakerRef(scope=spawning.BreakerScope.WORKFLOW, value=workflow))
