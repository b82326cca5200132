"""What the last days came to."""

from datetime import timedelta

import pytest

from dispatch import briefs, plans, runs, spawning
from dispatch.kit import clock as kit_clock
from dispatch.kit.work import work
from dispatch.plans import PlanDecision
from dispatch.runs import Published
from dispatch.spawning import Stats
from tests import doing
from tests.letters import PATCH

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


@pytest.fixture
def implemented(database, queues, repository, clock) -> None:
    """Three days ago an investigation ended at $2; today its plan was implemented for $6, and its patch published."""
    clock.travel(seconds=_until_noon())  # no step of it reaches over a midnight
    issue = doing.make_issue()
    claim = doing.start(doing.ask(issue))
    clock.travel(minutes=10)
    doing.end(claim, plan=doing.PLAN, cost_usd=2)
    clock.travel(days=3)
    with work() as unit:
        plans.decide_plan(unit, issue.id, PlanDecision(action="approve", version=1), actor=doing.ADA)
        run_id = runs.list_unfinished(unit)[0].id
        runs.mark_starting(unit, run_id, 1)
    with work() as unit:
        claim = briefs.claim(unit, run_id, runs.NewClaim(generation=1))
    clock.travel(minutes=30)
    ended = doing.end(claim, outcome="completed", cost_usd=6, patch=PATCH, base_commit="2" * 40, head_commit="1" * 40)
    assert ended.outcome == "completed"
    with work() as unit:
        patch = runs.get_patch(unit, run_id)
        runs.note_published(
            unit,
            run_id,
            Published(generation=1, branch=patch.branch, head_commit="1" * 40, commits=PATCH["commits"]),  # type: ignore[arg-type]
        )


@pytest.mark.usefixtures("implemented")
def test_every_day_is_there_and_each_event_stands_on_its_own_day() -> None:
    days = _stats(5).by_day

    assert len(days) == 5
    assert [(day.runs, float(day.settled_usd), day.outcomes, day.patches, day.published) for day in days] == [
        (0, 0.0, {}, 0, 0),
        (1, 2.0, {"investigation_complete": 1}, 0, 0),
        (0, 0.0, {}, 0, 0),
        (0, 0.0, {}, 0, 0),
        (1, 6.0, {"completed": 1}, 1, 1),
    ]


@pytest.mark.usefixtures("implemented")
def test_workflows_are_told_apart_the_dearest_first() -> None:
    figures = _stats(5).by_workflow

    assert [(one.workflow, one.runs, float(one.settled_usd), one.completed, one.failed, one.patches) for one in figures] == [
        ("prd-implement", 1, 6.0, 1, 0, 1),
        ("prd-investigate", 1, 2.0, 1, 0, 0),
    ]
    assert [(float(one.median_usd or 0), round((one.median_s or 0) / 60)) for one in figures] == [(6.0, 30), (2.0, 10)]


@pytest.mark.usefixtures("implemented")
def test_a_patch_costs_all_that_was_spent_over_those_published() -> None:
    assert _stats(5).cost_per_patch_usd == 8
    assert _stats(2).cost_per_patch_usd == 6


def test_without_a_run_there_are_days_of_zeros_and_no_cost_per_patch() -> None:
    stats = _stats(2)

    assert [day.runs for day in stats.by_day] == [0, 0]
    assert (stats.by_workflow, stats.cost_per_patch_usd) == ([], None)


def test_runs_that_were_cancelled_or_lost_count_but_make_no_median() -> None:
    issue = doing.make_issue()
    doing.start(doing.ask(issue))
    with work() as unit:
        spawning.cancel_issue_run(unit, issue.id, actor=doing.ADA)

    figures = _stats(1).by_workflow[0]

    assert (figures.runs, figures.completed, figures.failed, figures.median_usd) == (1, 0, 0, None)


def _stats(days: int) -> Stats:
    with work() as unit:
        return spawning.stats(unit, days=days)


def _until_noon() -> float:
    """Seconds until the next 12:00 UTC."""
    now = kit_clock.now()
    return ((now + timedelta(hours=12)).replace(hour=12, minute=0, second=0, microsecond=0) - now).total_seconds() % 86400
