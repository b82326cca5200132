"""What a run hands in: its end, its money, and the plan it may propose, in one transaction."""

from typing import Any
from uuid import UUID

from dispatch import spawning
from dispatch.kit.actors import Actor
from dispatch.kit.work import Work
from dispatch.plans.service import propose_plan
from dispatch.runs import Ending, workflow_named


def take_result(work: Work, run_id: UUID, given: dict[str, Any], *, actor: Actor) -> Ending:
    """The run has ended as its runner tells, and its plan, if it hands one in, waits for people. Said again, it changes nothing.

    Raises StaleClaim where the claim does not stand.
    """
    ending, result = spawning.end_run(work, run_id, given, actor=actor)
    if result.plan and not ending.repeated and workflow_named(ending.run.workflow).hands_in_plan and result.outcome != "failed":
        propose_plan(work, ending.run, result.plan, actor=actor)
    return ending
