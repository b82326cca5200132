"""Commands that act. Each needs the right that its button needs; a refusal is the whole answer, and changes nothing."""

from dispatch import plans, spawning
from dispatch.kit.errors import BadInput
from dispatch.kit.work import Work
from dispatch.orchestrator.commands.markdown import plain
from dispatch.people import Caller, MissingRight, Right
from dispatch.plans import PlanDecision


def approve(work: Work, words: str, caller: Caller) -> str:
    """The issue's newest plan is approved, and implemented."""
    check_right(caller, Right.PLANS, "approve a plan")
    found = plans.find_plan(work, _needed(words, "/approve DISPATCH-12"))
    if found is None:
        raise BadInput("It has no plan to approve.")
    decided = plans.approve_plan(work, found.issue_id, PlanDecision(action="approve", version=found.version), actor=caller.actor)
    spawn = decided.spawn
    said = f" {spawn.workflow} is {spawn.state}: {plain(spawn.reason)}" if spawn else ""
    return f"Version {found.version} of the plan is approved.{said}"


def cancel(work: Work, words: str, caller: Caller) -> str:
    """The issue's run is cancelled, or what waits for it is withdrawn."""
    check_right(caller, Right.SPAWN, "cancel a run")
    run = spawning.cancel_issue_run(work, _needed(words, "/cancel DISPATCH-12"), actor=caller.actor)
    return f"Cancelled: {run.workflow} on {run.identifier}." if run else "It was only waiting, and waits no more."


def check_right(caller: Caller, right: Right, deed: str) -> None:
    """Raises MissingRight, saying what they may not do, where the caller lacks the right."""
    if not caller.may(right):
        raise MissingRight(f"You may not {deed}: it needs the right `{right}`.", needs=right)


def _needed(words: str, example: str) -> str:
    if not words:
        raise BadInput(f"Say which, as in `{example}`.")
    return words
