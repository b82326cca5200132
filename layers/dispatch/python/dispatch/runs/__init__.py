"""One agent session on an issue: its claim, events, result, outcome and cost. Whether it may start is not decided here."""

from dispatch.runs.claims import claim_run, find_run_by_token, heartbeat, note_brief, say
from dispatch.runs.events import record_events
from dispatch.runs.finish import finish_by_result, finish_run
from dispatch.runs.patches import branch_name, find_patch, get_patch, note_published
from dispatch.runs.protocol import AgentEvent, Claimed, Directives, Ending, Heartbeat, NewClaim, NewEvents, Published, Result
from dispatch.runs.questions import answer_question, get_question, list_questions
from dispatch.runs.service import (
    create_run,
    find_lost,
    find_unstarted,
    get_run,
    list_runs,
    list_unfinished,
    mark_starting,
    note_external,
    note_sweep,
    outcomes_since,
    summarise,
)
from dispatch.runs.shapes import Answer, Check, NewRun, Outcome, Patch, PlanBody, Question, Run, RunIsFinished, RunSummary, State
from dispatch.runs.workflows import WORKFLOWS, Bucket, Workflow, workflow_named

__all__ = [
    "WORKFLOWS",
    "AgentEvent",
    "Answer",
    "Bucket",
    "Check",
    "Claimed",
    "Directives",
    "Ending",
    "Heartbeat",
    "NewClaim",
    "NewEvents",
    "NewRun",
    "Outcome",
    "Patch",
    "PlanBody",
    "Published",
    "Question",
    "Result",
    "Run",
    "RunIsFinished",
    "RunSummary",
    "State",
    "Workflow",
    "answer_question",
    "branch_name",
    "claim_run",
    "create_run",
    "find_lost",
    "find_patch",
    "find_run_by_token",
    "find_unstarted",
    "finish_by_result",
    "finish_run",
    "get_patch",
    "get_question",
    "get_run",
    "heartbeat",
    "list_questions",
    "list_runs",
    "list_unfinished",
    "mark_starting",
    "note_brief",
    "note_external",
    "note_published",
    "note_sweep",
    "outcomes_since",
    "record_events",
    "say",
    "summarise",
    "workflow_named",
]
