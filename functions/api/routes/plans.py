"""Plans and questions: what people decide."""

from typing import Annotated
from uuid import UUID

from fastapi import Body

from dispatch import issues, plans, runs
from dispatch.kit.shapes import Shape
from dispatch.plans import Answered, Decided, Plan, PlanDecision
from dispatch.runs import Answer, Question
from functions.api.callers import Approver, Reader
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["plans"])


class Plans(Shape):
    """Every version of a plan, newest first."""

    items: list[Plan]


class Questions(Shape):
    """What agents asked, oldest first."""

    items: list[Question]


@router.get("/issues/{ref}/plan")
def get_plan(work: TheWork, caller: Reader, ref: str) -> Plan:
    """The newest version of the issue's plan. 404 where it has none."""
    return plans.get_newest(work, ref)


@router.get("/issues/{ref}/plans")
def list_plans(work: TheWork, caller: Reader, ref: str) -> Plans:
    """Every version of the issue's plan."""
    return Plans(items=plans.list_plans(work, ref))


@router.post("/issues/{ref}/plan")
def decide_plan(work: TheWork, caller: Approver, ref: str, decision: Annotated[PlanDecision, Body()]) -> Decided:
    """The plan is approved (and implemented at once, unless told not to) or returned with words. 409 where it is decided already."""
    return plans.decide_plan(work, ref, decision, actor=caller.actor)


@router.get("/issues/{ref}/questions")
def list_questions(work: TheWork, caller: Reader, ref: str) -> Questions:
    """What agents asked on this issue."""
    return Questions(items=runs.list_questions(work, issues.get_issue(work, ref).id))


@router.post("/questions/{question}/answer")
def answer_question(work: TheWork, caller: Approver, question: UUID, answer: Answer) -> Answered:
    """The question is answered, and the work goes on with it unless told not to. 409 where it is answered already."""
    return plans.answer_question(work, question, answer, actor=caller.actor)
