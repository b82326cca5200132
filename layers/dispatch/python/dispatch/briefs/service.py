"""Writing a brief, and handing it to the job that claims the run."""

import secrets
from uuid import UUID

from dispatch import issues, runs, spawning
from dispatch.briefs.checkout import find_checkout
from dispatch.briefs.origins import write_segment
from dispatch.briefs.schemas import result_schema
from dispatch.briefs.segments import segments_of
from dispatch.briefs.shapes import Brief, BriefedClaim, Origin
from dispatch.issues import Issue
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.runs import NewClaim, Run, Workflow, workflow_named

HEARTBEAT_S = 15


def claim(work: Work, run_id: UUID, new: NewClaim) -> BriefedClaim:
    """The run is this job's, and here is its brief. Raises StaleClaim, AlreadyClaimed, RunIsFinished."""
    claimed = runs.claim_run(work, run_id, new)
    brief = write_brief(work, claimed.run)
    runs.note_brief(work, run_id, brief.prompt, trust=brief.trust, checkout=brief.checkout)
    run = runs.get_run(work, run_id)
    spawning.publish_fleet(work)
    return BriefedClaim(
        run_token=claimed.token,
        run=run.id,
        generation=run.generation,
        issue=run.identifier,
        workflow=run.workflow,
        brief=brief,
        branch=runs.branch_name(run),
        heartbeat_s=HEARTBEAT_S,
    )


def write_brief(work: Work, run: Run) -> Brief:
    """The brief of this run, from what is known now."""
    workflow = workflow_named(run.workflow)
    issue = issues.get_issue(work, run.issue_id)
    checkout = find_checkout(work, run)
    wants_proof = _wants_proof(workflow, issue)
    parts = segments_of(work, run, issue, checkout=checkout, wants_proof=wants_proof)
    fence = f"part-{secrets.token_hex(6)}"
    head = f"Workflow: {run.workflow}\nIssue: {issue.identifier}\nRun: {run.id}"
    return Brief(
        prompt="\n\n".join([head, *(write_segment(part, fence=fence) for part in parts)]),
        system="You are an agent that Dispatch sent to work on one issue. Your whole task is in the first message. "
        "End by handing in your result in the structured form you are given.",
        model=settings().agent_model,
        result_schema=result_schema(workflow, wants_proof=wants_proof),
        tools=list(workflow.tools),
        writes_code=workflow.writes_code,
        checkout=checkout,
        wants_proof=wants_proof,
        trust=Origin.least(part.origin for part in parts),
        cap_usd=run.cap_usd,
        time_limit_s=int(workflow.time_limit.total_seconds()),
    )


def _wants_proof(workflow: Workflow, issue: Issue) -> bool:
    """Whether this run is to mend an error: then a test can say whether it does."""
    return workflow.name == "auto-investigate" or (workflow.name == "prd-implement" and issue.source == "error")
