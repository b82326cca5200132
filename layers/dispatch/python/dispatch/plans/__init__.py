"""What an agent proposes before changing code, and what people say to it: proposed, approved, returned, superseded."""

from dispatch.plans.answers import answer_question
from dispatch.plans.handin import take_result
from dispatch.plans.publishing import PullRef, ToApply, get_publication, note_published
from dispatch.plans.service import approve_plan, decide_plan, find_plan, get_newest, get_plan, list_plans, return_plan
from dispatch.plans.shapes import Answered, Decided, Plan, PlanDecision

__all__ = [
    "Answered",
    "Decided",
    "Plan",
    "PlanDecision",
    "PullRef",
    "ToApply",
    "answer_question",
    "approve_plan",
    "decide_plan",
    "find_plan",
    "get_newest",
    "get_plan",
    "get_publication",
    "list_plans",
    "note_published",
    "return_plan",
    "take_result",
]
