"""Two that touch one issue at the same moment: the second waits for the first, and then meets what the first has made true."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from dispatch import issues, plans, spawning
from dispatch.issues import IssueNotFound
from dispatch.kit import work as kit_work
from dispatch.kit.work import work
from dispatch.plans import PlanDecision
from dispatch.plans.shapes import PlanIsDecided
from dispatch.runs import Run
from tests import doing
from tests.integration.spawning.by_itself import ask_for_error, see

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def test_a_spawn_that_was_just_admitted_is_cancelled_as_a_run(setting: pytest.MonkeyPatch) -> None:
    issue = doing.make_issue()
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "0")
    doing.ask(issue)
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "1")

    with _meanwhile(lambda: _in_a_work(lambda unit: spawning.cancel_issue_run(unit, issue.id, actor=doing.ADA))) as begin:
        with work() as unit:
            assert len(spawning.offer_waiting(unit)) == 1
            cancelled = begin()

        assert isinstance(cancelled.result(10), Run)


def test_a_spawn_that_was_just_withdrawn_is_not_admitted(setting: pytest.MonkeyPatch) -> None:
    issue = doing.make_issue()
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "0")
    doing.ask(issue)
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "1")

    with _meanwhile(lambda: _in_a_work(spawning.offer_waiting)) as begin:
        with work() as unit:
            assert spawning.cancel_issue_run(unit, issue.id, actor=doing.ADA) is None
            offered = begin()

        assert offered.result(10) == []
    assert not doing.issue_now(issue).running


def test_an_error_whose_run_was_just_admitted_saves_nothing_by_healing(setting: pytest.MonkeyPatch) -> None:
    issue = doing.make_issue()
    ask_for_error(issue, see("checkout", 1))
    see("checkout", 3)

    with _meanwhile(lambda: _in_a_work(lambda unit: spawning.note_healed(unit, issue.id, unit.now))) as begin:
        with work() as unit:
            assert len(spawning.offer_waiting(unit)) == 1
            healed = begin()

        assert healed.result(10) is False
    assert doing.issue_now(issue).running


def test_an_error_that_just_healed_is_not_admitted() -> None:
    issue = doing.make_issue()
    ask_for_error(issue, see("checkout", 1))

    with _meanwhile(lambda: _in_a_work(spawning.offer_waiting)) as begin:
        with work() as unit:
            assert spawning.note_healed(unit, issue.id, unit.now)
            unit.conn.execute("UPDATE family SET occurrences = 3")
            offered = begin()

        assert offered.result(10) == []
    assert not doing.issue_now(issue).running


def test_an_error_that_asks_twice_at_once_gets_one_run() -> None:
    issue, cause = doing.make_issue(), see("checkout", 3)

    with _meanwhile(lambda: _in_a_work(lambda unit: spawning.request_for_error(unit, issue.id, cause))) as begin:
        with work() as unit:
            assert spawning.request_for_error(unit, issue.id, cause)
            second = begin()

        assert second.result(10) is None


def test_a_plan_that_a_result_replaces_is_not_approved() -> None:
    issue = doing.make_issue()
    doing.propose(issue)
    claim = doing.start(doing.ask(issue))
    approve = PlanDecision(action="approve", version=1)
    result = {"generation": 1, "outcome": "investigation_complete", "summary": "Done.", "plan": doing.PLAN}

    with _meanwhile(lambda: _in_a_work(lambda unit: plans.decide_plan(unit, issue.id, approve, actor=doing.ADA))) as begin:
        with work() as unit:
            issues.get_issue(unit, issue.id, lock=True)  # as far as a result is when it moves its issue
            approved = begin()
            plans.take_result(unit, claim.run, result, actor=doing.AGENT)

        with pytest.raises(PlanIsDecided, match="superseded"):
            approved.result(10)


def test_no_run_is_asked_for_on_an_issue_that_was_just_deleted() -> None:
    issue = doing.make_issue()

    with _meanwhile(lambda: doing.ask(issue)) as begin:
        with work() as unit:
            issues.delete_issue(unit, issue.id, actor=doing.ADA)
            asked = begin()

        with pytest.raises(IssueNotFound):
            asked.result(10)


def _in_a_work(act: Callable[[Any], Any]) -> Any:
    with work() as unit:
        return act(unit)


@contextmanager
def _meanwhile(act: Callable[[], Any]) -> Iterator[Callable[[], Future[Any]]]:
    """`act` in a thread of its own, with a connection of its own, begun when the yielded function is called."""

    def run() -> Any:
        try:
            return act()
        finally:
            kit_work.close_connection()

    def begin() -> Future[Any]:
        future = pool.submit(run)
        time.sleep(0.3)  # until it waits, or would be through
        return future

    with ThreadPoolExecutor(1) as pool:
        yield begin
