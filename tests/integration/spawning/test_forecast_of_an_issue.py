"""The forecast takes only runs that tell something about the next one."""

import pytest

from dispatch import spawning
from dispatch.kit.errors import DispatchError
from dispatch.kit.work import work
from dispatch.spawning import Forecast
from tests import doing

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


@pytest.fixture(autouse=True)
def room(setting) -> None:
    for name in ("DAILY_SPAWN_BUDGET_PRD", "DAILY_COST_LIMIT_USD", "MAX_CONCURRENT_SPAWNS_PRD", "MAX_CONCURRENT_SPAWNS"):
        setting.setenv(name, "1000")


def test_the_tenth_run_that_ended_by_itself_brings_the_forecast(clock) -> None:
    issue = doing.make_issue()
    for cost in range(9):
        _research(clock, cost)

    assert not _told(issue).enough
    _research(clock, 9)
    told = _told(issue)
    assert (told.enough, told.runs, float(told.likely_usd or 0), told.likely_s and round(told.likely_s)) == (True, 10, 4.5, 300)


def test_cancelled_lost_and_unmeasured_runs_and_other_workflows_tell_nothing(clock) -> None:
    issue = doing.make_issue()
    for cost in range(9):
        _research(clock, cost)
    cancelled = doing.make_issue()
    doing.start(doing.ask(cancelled, "deep-research"))
    with work() as unit:
        spawning.cancel_issue_run(unit, cancelled.id, actor=doing.ADA)
    doing.end(doing.start(doing.ask(doing.make_issue(), "deep-research")), outcome="completed", cost_usd=None)
    doing.end(doing.start(doing.ask(doing.make_issue())), plan=doing.PLAN)
    doing.ask(doing.make_issue(), "deep-research")

    assert _told(issue).runs == 9


def test_an_issue_or_workflow_that_is_not_there_is_refused() -> None:
    doing.make_issue()

    with pytest.raises(DispatchError, match="no issue"), work() as unit:
        spawning.get_forecast(unit, "DISPATCH-99", "qa-test")
    with pytest.raises(DispatchError, match="no workflow"), work() as unit:
        spawning.get_forecast(unit, "DISPATCH-1", "paint")


def _research(clock, cost_usd: float) -> None:
    claim = doing.start(doing.ask(doing.make_issue(), "deep-research"))
    clock.travel(minutes=5)
    doing.end(claim, outcome="completed", cost_usd=cost_usd)


def _told(issue) -> Forecast:
    with work() as unit:
        return spawning.get_forecast(unit, issue.id, "deep-research")
