"""An issue from its first words to a branch, through the rooms."""

import re

import pytest

from dispatch import plans, runs, spawning
from dispatch.kit.errors import BadInput
from dispatch.kit.work import work
from dispatch.plans import PlanDecision
from dispatch.plans.shapes import PlanIsDecided
from tests import doing
from tests.doing import ADA, PLAN

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def test_an_investigation_ends_with_a_plan_that_waits_for_people() -> None:
    issue = doing.make_issue()

    plan = doing.propose(issue)

    assert (plan.version, plan.state, plan.body.summary) == (1, "proposed", PLAN["summary"])
    now = doing.issue_now(issue)
    assert (now.status.name, now.plan_waiting, now.running) == ("Needs Review", True, None)
    with work() as unit:
        assert [item.kind for item in spawning.inbox(unit)] == ["plan"]


def test_approving_a_plan_implements_it() -> None:
    issue = doing.make_issue()
    doing.propose(issue)

    with work() as unit:
        decided = plans.decide_plan(unit, issue.id, PlanDecision(action="approve", version=1), actor=ADA)

    assert decided.plan.state == "approved"
    assert decided.spawn is not None
    assert decided.spawn.workflow == "prd-implement"
    assert doing.issue_now(issue).status.name == "In Progress"


def test_a_plan_is_decided_once() -> None:
    issue = doing.make_issue()
    doing.propose(issue)
    approve = PlanDecision(action="approve", version=1, implement=False)
    with work() as unit:
        plans.decide_plan(unit, issue.id, approve, actor=ADA)

    with pytest.raises(PlanIsDecided, match="Version 1 of this plan is approved already by Ada"), work() as unit:
        plans.decide_plan(unit, issue.id, approve, actor=ADA)


def test_returning_a_plan_needs_words() -> None:
    issue = doing.make_issue()
    doing.propose(issue)

    with pytest.raises(BadInput, match="Say what should be different"), work() as unit:
        plans.decide_plan(unit, issue.id, PlanDecision(action="return", version=1), actor=ADA)

    assert doing.issue_now(issue).plan_waiting


def test_a_returned_plan_is_investigated_again_with_the_old_plan_and_the_words() -> None:
    issue = doing.make_issue()
    doing.propose(issue)

    with work() as unit:
        returned = plans.decide_plan(unit, issue.id, PlanDecision(action="return", version=1, feedback="Keep the rounding."), actor=ADA)
    assert returned.spawn is not None
    claim = doing.start(returned.spawn)

    assert PLAN["summary"] in claim.brief.prompt
    assert "Keep the rounding." in claim.brief.prompt
    doing.end(claim, plan={**PLAN, "summary": "Second try."})
    with work() as unit:
        assert [(plan.version, plan.state) for plan in plans.list_plans(unit, issue.id)] == [(2, "proposed"), (1, "returned")]


def test_an_implementer_is_told_the_whole_plan() -> None:
    issue = doing.make_issue()
    long = "x" * 60_000 + " the end"
    doing.end(doing.start(doing.ask(issue)), plan={**PLAN, "risks": long})

    with work() as unit:
        decided = plans.decide_plan(unit, issue.id, PlanDecision(action="approve", version=1), actor=ADA)
    assert decided.spawn is not None

    assert long in doing.start(decided.spawn).brief.prompt


def test_a_plan_that_speaks_of_html_comments_is_told_whole() -> None:
    issue = doing.make_issue()
    doing.end(doing.start(doing.ask(issue)), plan={**PLAN, "ui": "Close the `<!--` that the template leaves open."})

    with work() as unit:
        decided = plans.decide_plan(unit, issue.id, PlanDecision(action="approve", version=1), actor=ADA)
    assert decided.spawn is not None

    assert PLAN["summary"] in doing.start(decided.spawn).brief.prompt  # `jsonb` keeps the shortest key first: the summary comes after


def test_an_answer_reaches_the_next_run() -> None:
    issue = doing.make_issue()
    claim = doing.start(doing.ask(issue))
    doing.end(claim, outcome="needs_decision", question={"category": "design_decision", "text": "Net or gross?"})
    with work() as unit:
        question = runs.list_questions(unit, issue.id)[0]

    with work() as unit:
        answered = plans.answer_question(unit, question.id, runs.Answer(answer="Gross, always."), actor=ADA)
    assert answered.spawn is not None
    again = doing.start(answered.spawn)

    assert again.workflow == "prd-investigate"
    assert re.search(r'origin="tool">\nNet or gross\?\n</', again.brief.prompt)
    assert re.search(r'origin="member">\nGross, always\.\n</', again.brief.prompt)


def test_an_investigation_without_a_plan_has_failed() -> None:
    issue = doing.make_issue()

    run = doing.end(doing.start(doing.ask(issue)))

    assert (run.outcome, run.summary) == ("failed", "The investigation ended without a plan.")
    assert doing.issue_now(issue).status.name == "Backlog"
