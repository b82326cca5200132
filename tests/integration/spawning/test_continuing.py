"""A run goes on from another of its issue: from one that its limits ended with what is left of its money, else with the usual."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from dispatch import issues, runs, spawning
from dispatch.issues import Issue
from dispatch.kit.errors import BadInput, Conflict
from dispatch.kit.ids import new_id
from dispatch.kit.work import work
from dispatch.runs import Heartbeat, Run
from dispatch.spawning import Spawn, SpawnState
from tests import doing
from tests.conftest import Clock
from tests.integration.spawning.by_itself import offer

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")

RESEARCH = "deep-research"


def test_a_run_says_which_one_it_continues_and_so_do_lists_and_the_spawn() -> None:
    issue = doing.make_issue()
    first = _ended(issue, outcome="completed")

    spawn = doing.ask(issue, RESEARCH, continues=first)

    with work() as unit:
        listed = runs.list_runs(unit, issue.id)
    assert (spawn.continues, _run(spawn).continues) == (first, first)
    assert [run.continues for run in listed] == [first, None]


@pytest.mark.parametrize(
    ("ended", "asked", "cap"),
    [
        ({"outcome": "failed", "cost_usd": 15.5}, {}, 9.5),
        ({"outcome": "failed", "cost_usd": 24.5}, {}, 25),  # less than a dollar is left: nothing could be done with it
        ({"outcome": "failed", "cost_usd": 24}, {}, 1),
        ({"outcome": "completed", "cost_usd": 15.5}, {}, 25),  # it came to its end: the next round is one of its own
        ({"outcome": "failed", "cost_usd": 15.5}, {"cap_usd": 20}, 20),
    ],
)
def test_what_a_run_left_at_its_limits_is_the_cap_of_the_one_that_continues_it(
    ended: Mapping[str, Any], asked: Mapping[str, Any], cap: float
) -> None:
    issue = doing.make_issue()
    first = _ended(issue, **ended)

    spawn = doing.ask(issue, RESEARCH, continues=first, **asked)

    assert _run(spawn).cap_usd == Decimal(str(cap))


def test_a_lost_run_left_what_its_runner_had_not_metered(clock: Clock) -> None:
    issue = doing.make_issue()
    claim = doing.start(doing.ask(issue, RESEARCH))
    with work() as unit:
        runs.heartbeat(unit, claim.run, Heartbeat(generation=1, metered_usd=4))
    for _ in range(5):
        clock.travel(seconds=100)
        spawning.reap_lost_runs()

    spawn = doing.ask(issue, RESEARCH, continues=claim.run)

    assert _run(spawn).cap_usd == 21


def test_what_is_left_is_no_more_than_a_run_of_the_workflow_may_cost(setting: pytest.MonkeyPatch) -> None:
    issue = doing.make_issue()
    first = _ended(issue, outcome="failed", cost_usd=5)
    setting.setenv("MAX_AGENT_COST_BY_WORKFLOW", '{"deep-research": 12}')

    assert _run(doing.ask(issue, RESEARCH, continues=first)).cap_usd == 12


def test_what_waits_to_continue_does_so_once_it_starts(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "1")
    issue = doing.make_issue()
    first = _ended(issue, outcome="failed", cost_usd=15.5)
    other = doing.start(doing.ask(doing.make_issue(), RESEARCH))
    assert doing.ask(issue, RESEARCH, continues=first).state is SpawnState.WAITING

    doing.end(other, outcome="completed")
    offer()

    with work() as unit:
        running = issues.get_issue(unit, issue.id).running
        assert running
        run = runs.get_run(unit, running.id)
    assert (run.continues, run.cap_usd) == (first, Decimal("9.5"))


def test_a_run_of_another_issue_is_not_continued() -> None:
    foreign = _ended(doing.make_issue(), outcome="completed")

    for run in (foreign, new_id()):
        with pytest.raises(BadInput, match="none of this issue's"):
            doing.ask(doing.make_issue(), RESEARCH, continues=run)


def test_a_run_that_has_not_ended_is_not_continued() -> None:
    issue = doing.make_issue()
    claim = doing.start(doing.ask(issue, RESEARCH))

    with pytest.raises(Conflict, match="has not ended yet"):
        doing.ask(issue, RESEARCH, continues=claim.run)


def test_an_issue_whose_runs_continue_each_other_can_be_deleted() -> None:
    issue = doing.make_issue()
    spawn = doing.ask(issue, RESEARCH, continues=_ended(issue, outcome="completed"))
    doing.end(doing.start(spawn), outcome="completed")

    with work() as unit:
        issues.delete_issue(unit, issue.id, actor=doing.ADA)

    with work() as unit:
        assert runs.list_runs(unit) == []


def _ended(issue: Issue, **result: Any) -> UUID:
    claim = doing.start(doing.ask(issue, RESEARCH))
    doing.end(claim, **result)
    return claim.run


def _run(spawn: Spawn) -> Run:
    assert spawn.run_id
    with work() as unit:
        return runs.get_run(unit, spawn.run_id)
