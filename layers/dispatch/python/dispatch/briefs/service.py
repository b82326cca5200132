"""Writing a brief, and handing it to the job that claims the run."""

import json
import secrets
from uuid import UUID

from dispatch import activity, issues, runs, spawning
from dispatch.briefs import store
from dispatch.briefs.methods import METHODS, RULES
from dispatch.briefs.origins import write_segment
from dispatch.briefs.schemas import result_schema
from dispatch.briefs.shapes import Brief, BriefedClaim, Origin, Segment
from dispatch.issues import Issue
from dispatch.kit.actors import ActorKind
from dispatch.kit.events import Event
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.runs import NewClaim, Run, workflow_named

HEARTBEAT_S = 15

ORIGINS = {ActorKind.PERSON: Origin.MEMBER, ActorKind.ORCHESTRATOR: Origin.MEMBER, ActorKind.AGENT: Origin.TOOL}


def claim(work: Work, run_id: UUID, new: NewClaim) -> BriefedClaim:
    """The run is this job's, and here is its brief. Raises StaleClaim, AlreadyClaimed, RunIsFinished."""
    claimed = runs.claim_run(work, run_id, new)
    brief = write_brief(work, claimed.run)
    runs.note_brief(work, run_id, brief.prompt)
    spawning.publish_fleet(work)
    return BriefedClaim(
        run_token=claimed.token,
        run=claimed.run.id,
        generation=claimed.run.generation,
        issue=claimed.run.identifier,
        workflow=claimed.run.workflow,
        brief=brief,
        branch=runs.branch_name(claimed.run),
        heartbeat_s=HEARTBEAT_S,
    )


def write_brief(work: Work, run: Run) -> Brief:
    """The brief of this run, from what is known now."""
    workflow = workflow_named(run.workflow)
    issue = issues.get_issue(work, run.issue_id)
    fence = f"part-{secrets.token_hex(6)}"
    parts = [write_segment(segment, fence=fence) for segment in _segments(work, run, issue)]
    head = f"Workflow: {run.workflow}\nIssue: {issue.identifier}\nRun: {run.id}"
    return Brief(
        prompt="\n\n".join([head, *parts]),
        system="You are an agent that Dispatch sent to work on one issue. Your whole task is in the first message. "
        "End by handing in your result in the structured form you are given.",
        model=settings().agent_model,
        result_schema=result_schema(workflow),
        tools=list(workflow.tools),
        writes_code=workflow.writes_code,
        cap_usd=run.cap_usd,
        time_limit_s=int(workflow.time_limit.total_seconds()),
    )


def _segments(work: Work, run: Run, issue: Issue) -> list[Segment]:
    """The parts of a brief in the order they are read: the task, its rules, the issue, what people said, what was done before."""
    operator = Origin.OPERATOR
    parts = [
        Segment(heading="Your task", text=METHODS[run.workflow], origin=operator),
        Segment(heading="Rules", text=RULES, origin=operator),
        Segment(
            heading=f"The issue {issue.identifier}",
            text=f"{issue.title}\n\n{issue.description}",
            origin=ORIGINS.get(issue.created_by.kind, Origin.PUBLIC),
        ),
        *_plan(work, run),
        *_words(run),
        *_answers(work, run),
        *_comments(work, run),
        *_earlier_runs(work, run),
        Segment(heading="Limits", text=f"At most ${run.cap_usd:.2f} for this run.", origin=operator),
    ]
    return parts


def _plan(work: Work, run: Run) -> list[Segment]:
    """The whole approved plan for whoever implements it; for whoever investigates again, the old plan and what people said of it."""
    if run.plan_id and (plan := store.select_plan(work.conn, run.plan_id)):
        return [Segment(heading=f"The approved plan (version {plan['version']})", text=_as_text(plan["body"]), origin=Origin.TOOL)]
    last = store.select_last_plan(work.conn, run.issue_id)
    if last is None:
        return []
    parts = [
        Segment(heading=f"The last plan (version {last['version']}, {last['state']})", text=_as_text(last["body"]), origin=Origin.TOOL)
    ]
    if last["feedback"]:
        heading = "What a person said when returning that plan: your new plan must answer it"
        parts.append(Segment(heading=heading, text=last["feedback"], origin=Origin.MEMBER))
    return parts


def _words(run: Run) -> list[Segment]:
    return [Segment(heading="What a person adds for this run", text=run.words, origin=Origin.MEMBER)] if run.words.strip() else []


def _answers(work: Work, run: Run) -> list[Segment]:
    """Each question as an agent's words, its answer as a person's: what an agent asks must not read as if a person had said it."""
    return [
        segment
        for question in runs.list_questions(work, run.issue_id)
        if question.answer
        for segment in (
            Segment(heading="A question an earlier run asked", text=question.text, origin=Origin.TOOL),
            Segment(heading="What a person answered to that question", text=question.answer, origin=Origin.MEMBER),
        )
    ]


def _comments(work: Work, run: Run) -> list[Segment]:
    story = activity.list_activity(work, run.issue_id, limit=500)
    said = [entry for entry in story if entry.kind is Event.COMMENT_ADDED]
    return [
        Segment(
            heading=f"A comment by {entry.actor.name}",
            text=str(entry.data.get("body", "")),
            origin=ORIGINS.get(entry.actor.kind, Origin.PUBLIC),
        )
        for entry in said
    ]


def _earlier_runs(work: Work, run: Run) -> list[Segment]:
    earlier = [other for other in runs.list_runs(work, run.issue_id) if other.id != run.id and other.outcome]
    parts: list[Segment] = []
    for other in reversed(earlier):
        report = runs.get_run(work, other.id).report
        text = f"Outcome: {other.outcome}. {other.summary or ''}" + (f"\n\n{report}" if report else "")
        parts.append(Segment(heading=f"An earlier run ({other.workflow})", text=text, origin=Origin.TOOL))
    return parts


def _as_text(body: object) -> str:
    """The plan as JSON, in which no HTML comment begins: what hides between two of its marks would be cut out of the brief."""
    return json.dumps(body, indent=2, ensure_ascii=False).replace("<!--", "\\u003c!--")
