"""A run's end: by its result, by a cancel, by loss. It ends once; whoever says so again hears the same answer."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from dispatch import issues
from dispatch.issues import IssueChange
from dispatch.kit import masking
from dispatch.kit.actors import Actor
from dispatch.kit.errors import StaleClaim
from dispatch.kit.events import Event
from dispatch.kit.work import Work
from dispatch.runs import message_store, moves, questions, store
from dispatch.runs.events import publish_line
from dispatch.runs.patch_shapes import Patch
from dispatch.runs.patches import find_patch, propose_patch
from dispatch.runs.protocol import MOST_USD, Ending, NewQuestion, Result
from dispatch.runs.service import announce, get_run, tell
from dispatch.runs.shapes import Outcome, Run, State
from dispatch.runs.workflows import workflow_named

ENDINGS = {Outcome.CANCELLED: Event.RUN_CANCELLED, Outcome.LOST: Event.RUN_LOST}


def finish_by_result(work: Work, run_id: UUID, given: dict[str, Any], *, actor: Actor) -> tuple[Ending, Result]:
    """The run has ended as its runner tells. What does not fit the schema ends it as failed, with the reason, the raw text kept.

    Raises StaleClaim where the run is not this generation's any more. Said again, it changes nothing.
    """
    run = get_run(work, run_id, lock=True)
    result = parse_result(given, run)
    if run.generation != result.generation or (run.state is State.FINISHED and run.outcome in ENDINGS):
        raise StaleClaim
    if run.state is State.FINISHED:
        return Ending(run=run, repeated=True, patch=find_patch(work, run_id)), result
    if run.state is not State.RUNNING:
        raise StaleClaim
    cost = Decimal(str(result.cost_usd)) if result.cost_usd is not None else None
    patch = propose_patch(work, run, result, result.patch) if result.patch else None
    return finish_run(
        work, run, Outcome(result.outcome), summary=result.summary, cost_usd=cost, actor=actor, result=result, patch=patch
    ), result


def finish_run(
    work: Work,
    run: Run,
    outcome: Outcome,
    *,
    summary: str,
    cost_usd: Decimal | None,
    actor: Actor,
    result: Result | None = None,
    patch: Patch | None = None,
) -> Ending:
    """The run, held by the caller, is finished, its issue has moved, and the story says how. `cost_usd` None means nobody measured."""
    store.set_finished(work.conn, run.id, outcome=outcome, summary=summary, result=result, cost_usd=cost_usd, at=work.now)
    _move(work, run, outcome, summary, actor=actor, has_patch=patch is not None and patch.verdict == "accepted")
    ended = get_run(work, run.id)
    tell(work, ended, ENDINGS.get(outcome, Event.RUN_FINISHED), actor=actor, public=True, outcome=outcome, summary=summary)
    if result and (asked := _question(result, outcome)):
        questions.ask_question(work, ended, asked, outcome=outcome, actor=actor)
    for message in message_store.select_waiting(work.conn, run.id):
        publish_line(work, ended, f"Not delivered, the run has ended: {message.text}", undelivered=message.id)
    announce(work, ended)
    return Ending(run=ended, repeated=False, patch=patch)


def parse_result(given: dict[str, Any], run: Run) -> Result:
    """The result as its schema has it, secrets masked; or a failed one that says what did not fit."""
    try:
        result = Result.model_validate(masking.mask_secrets({**given, "patch": None}) | {"patch": given.get("patch")})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return _failed(given, run, f"The hand-in does not fit: {place}: {first['msg']}.")
    if workflow_named(run.workflow).hands_in_plan and result.outcome in {"completed", "investigation_complete"} and result.plan is None:
        return _failed(given, run, "The investigation ended without a plan.")
    if result.patch and not workflow_named(run.workflow).writes_code:
        return _failed(given, run, "This workflow may not change code, and a patch was handed in.")
    return result


def _failed(given: dict[str, Any], run: Run, reason: str) -> Result:
    cost, generation = given.get("cost_usd"), given.get("generation")
    return Result(
        generation=generation if isinstance(generation, int) else run.generation,
        outcome="failed",
        summary=reason,
        cost_usd=float(cost) if isinstance(cost, int | float) and 0 <= cost <= MOST_USD else None,
        report=masking.mask_secrets(repr(given))[:100_000],
    )


def _question(result: Result, outcome: Outcome) -> NewQuestion | None:
    """What to ask a person: the agent's own question, or, where it only said that it is stuck, its summary."""
    if result.question:
        return result.question
    if outcome in {Outcome.BLOCKED, Outcome.NEEDS_DECISION}:
        return NewQuestion(category="design_decision", text=result.summary or "The agent stopped and gave no reason.")
    return None


def _move(work: Work, run: Run, outcome: Outcome, summary: str, *, actor: Actor, has_patch: bool) -> None:
    """The issue goes where the table says, unless a person has moved it since the run began."""
    issue = issues.get_issue(work, run.issue_id)
    statuses = {status.id: status.name for status in issues.list_statuses(work)}
    came_from = statuses.get(run.came_from_status, issue.status.name) if run.came_from_status else issue.status.name
    workflow = workflow_named(run.workflow)
    put_in = workflow.moves_to if workflow.moves_to and came_from in workflow.moves_from else came_from
    target = moves.destination(run, outcome, came_from=came_from, has_patch=has_patch)
    if target and issue.status.name == put_in and target != put_in and target in statuses.values():
        reason = f"{run.workflow}, {outcome}: {summary}"[:200]  # an error's issue is closed for a stated reason only
        issues.update_issue(work, issue.id, IssueChange(status=target, reason=reason if target in moves.CLOSED else None), actor=actor)
