"""Tools that would spend money. They start nothing: each files the issue where that is needed, and asks the person with buttons."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, model_validator

from dispatch import issues, plans, spawning
from dispatch.issues import Issue, NewIssue, Priority
from dispatch.kit.errors import Conflict
from dispatch.kit.shapes import Line, Words
from dispatch.kit.work import Work
from dispatch.orchestrator import choosing
from dispatch.orchestrator.shapes import SpawnAction
from dispatch.orchestrator.tools.tool import Context, Input, Tool
from dispatch.runs import workflow_named
from dispatch.spawning import SwitchScope

ASKED = "Nothing has started. The person sees the question with its buttons and what it can cost; end your turn with one short line."
VERBS = {
    "prd-investigate": "Investigate",
    "prd-implement": "Implement",
    "qa-test": "Test",
    "deep-research": "Research",
    "auto-triage": "Triage",
}
Identifier = Annotated[str, Field(min_length=1, max_length=60)]
AgentWords = Annotated[Words, Field(description="what the person wants the agent to know or heed, in their words")]


class NotWorthAsking(Conflict):
    """That cannot start as things stand."""


class IssueInput(Input):
    """An issue that is there, or the title of one to file."""

    identifier: Annotated[Identifier | None, Field(description="an issue that is there already")] = None
    title: Annotated[Line | None, Field(description="files a new issue of this title, where none is there")] = None
    description: Annotated[Words, Field(description="for the new issue: the person's own words, and what is known")] = ""
    priority: Priority = Priority.P3
    words: AgentWords = ""

    @model_validator(mode="after")
    def _names_one(self) -> "IssueInput":
        if (self.identifier is None) == (self.title is None):
            raise ValueError("give either an identifier or a title")
        return self


class ExistingInput(Input):
    """An issue that is there."""

    identifier: Identifier
    words: AgentWords = ""


class TriageInput(Input):
    """An issue to triage."""

    identifier: Identifier


def dispatch_investigation(work: Work, wanted: IssueInput, context: Context) -> dict[str, Any]:
    """The person is asked whether an agent may investigate."""
    return _ask_about(work, "prd-investigate", wanted, context)


def dispatch_research(work: Work, wanted: IssueInput, context: Context) -> dict[str, Any]:
    """The person is asked whether an agent may research."""
    return _ask_about(work, "deep-research", wanted, context)


def dispatch_implementation(work: Work, wanted: ExistingInput, context: Context) -> dict[str, Any]:
    """The person is asked whether an agent may do the approved plan."""
    issue = issues.get_issue(work, wanted.identifier)
    plan = plans.find_plan(work, issue.id)
    if plan is None or plan.state != "approved":
        waits = f"Its plan (version {plan.version}) is {plan.state}" if plan else "It has no plan"
        raise NotWorthAsking(f"{issue.identifier} cannot be implemented yet. {waits}: an approved plan comes first, on the issue's page.")
    return _ask(work, issue, "prd-implement", wanted.words, context, cap_usd=plan.cap_usd)


def dispatch_qa(work: Work, wanted: ExistingInput, context: Context) -> dict[str, Any]:
    """The person is asked whether an agent may test."""
    return _ask(work, issues.get_issue(work, wanted.identifier), "qa-test", wanted.words, context)


def dispatch_triage(work: Work, wanted: TriageInput, context: Context) -> dict[str, Any]:
    """The person is asked whether an agent may triage."""
    return _ask(work, issues.get_issue(work, wanted.identifier), "auto-triage", "", context)


def _ask_about(work: Work, workflow: str, wanted: IssueInput, context: Context) -> dict[str, Any]:
    if wanted.identifier is not None:
        return _ask(work, issues.get_issue(work, wanted.identifier), workflow, wanted.words, context)
    new = NewIssue(title=wanted.title or "", description=wanted.description, priority=wanted.priority)
    issue = issues.create_issue(work, new, actor=context.actor, source="orchestrator")
    return _ask(work, issue, workflow, wanted.words, context) | {"created": True}


def _ask(work: Work, issue: Issue, workflow: str, words: str, context: Context, *, cap_usd: Decimal | None = None) -> dict[str, Any]:
    """What the gates surely refuse is not worth a question; whether they admit it is theirs to say when the button is pressed."""
    if issue.running:
        raise NotWorthAsking(f"{issue.identifier} has a run already: {issue.running.workflow} is {issue.running.state}.")
    if issue.status.is_closed:
        raise NotWorthAsking(f"{issue.identifier} is closed ({issue.status.name}). Move it back to the board first.")
    _refuse_what_is_stopped(work, workflow)
    limits = spawning.get_policy(work).limits
    cap = cap_usd or limits.max_agent_cost_by_workflow.get(workflow, limits.max_agent_cost_per_run)
    question = _question(issue.identifier, workflow, cap)
    action = SpawnAction(issue_id=issue.id, identifier=issue.identifier, workflow=workflow, words=words, cap_usd=cap)
    choice_id = choosing.ask(
        work, question, VERBS[workflow], action, turn_id=context.turn_id, chat_id=context.chat_id, tool_use_id=context.tool_use_id
    )
    return {"asked": True, "choice": str(choice_id), "issue": issue.identifier, "question": question, "note": ASKED}


def _refuse_what_is_stopped(work: Work, workflow: str) -> None:
    for switch in spawning.list_switches(work, closed=True):
        if switch.scope is SwitchScope.EVERYTHING or (switch.scope is SwitchScope.WORKFLOW and switch.value == workflow):
            what = "Everything" if switch.scope is SwitchScope.EVERYTHING else workflow
            raise NotWorthAsking(f"{what} is stopped ({switch.reason}). An admin opens it again, with `/resume`.")


def _question(identifier: str, workflow: str, cap_usd: Decimal) -> str:
    """What will run, and the most it can cost: "Investigate DISPATCH-3? Up to $25 and 30 minutes, read-only."."""
    kind = workflow_named(workflow)
    minutes = int(kind.time_limit.total_seconds() // 60)
    reach = "on a branch of its own" if kind.writes_code else "read-only"
    return f"{VERBS[workflow]} {identifier}? Up to ${_dollars(cap_usd)} and {minutes} minutes, {reach}."


def _dollars(amount: Decimal) -> str:
    return f"{amount:.2f}".removesuffix(".00")


TOOLS = (
    Tool(
        "dispatch_investigation",
        "Ask the person to let an agent investigate an issue and propose a plan (read-only). Files the issue where a title is given.",
        IssueInput,
        dispatch_investigation,
    ),
    Tool(
        "dispatch_implementation",
        "Ask the person to let an agent implement an issue's approved plan. Approving a plan starts this by itself.",
        ExistingInput,
        dispatch_implementation,
    ),
    Tool("dispatch_qa", "Ask the person to let an agent test an issue's work and report.", ExistingInput, dispatch_qa),
    Tool(
        "dispatch_research",
        "Ask the person to let an agent research a question and report with sources. Files the issue where a title is given.",
        IssueInput,
        dispatch_research,
    ),
    Tool(
        "dispatch_triage",
        "Ask the person to let an agent triage an issue: close it, make a small fix, or say it needs a plan.",
        TriageInput,
        dispatch_triage,
    ),
)
