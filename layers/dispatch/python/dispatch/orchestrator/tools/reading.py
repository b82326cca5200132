"""Tools that look at issues."""

from typing import Annotated, Any

from pydantic import Field

from dispatch import issues, runs
from dispatch.issues import IssueCard, IssueFilter, Priority, UnknownStatus
from dispatch.kit.work import Work
from dispatch.orchestrator.tools.tool import WRITTEN_BY_OTHERS, Context, Input, Tool
from dispatch.runs import RunSummary

DESCRIPTION_LETTERS = 8000  # of one issue's description; an agent gets it whole


class SearchInput(Input):
    query: Annotated[str, Field(min_length=1, max_length=500, description="words to look for, or an identifier")]
    limit: Annotated[int, Field(ge=1, le=25)] = 5


class ListInput(Input):
    status: Annotated[str | None, Field(description="a column's name, as on the board")] = None
    priority: Priority | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 25


class GetInput(Input):
    identifier: Annotated[str, Field(min_length=1, max_length=60)]


def search_issues(work: Work, wanted: SearchInput, _context: Context) -> dict[str, Any]:
    """Issues that share words with the query, best first."""
    found = issues.search_issues(work, wanted.query, limit=wanted.limit)
    return {"issues": [show_card(card) for card in found], "note": WRITTEN_BY_OTHERS}


def list_issues(work: Work, wanted: ListInput, _context: Context) -> dict[str, Any]:
    """Issues, newest first."""
    check_status(work, wanted.status)
    page = issues.list_issues(work, IssueFilter(status=wanted.status, priority=wanted.priority), limit=wanted.limit)
    return {"issues": [show_card(card) for card in page.items], "more": page.next_cursor is not None, "note": WRITTEN_BY_OTHERS}


def get_issue(work: Work, wanted: GetInput, _context: Context) -> dict[str, Any]:
    """One issue whole, with its latest runs."""
    issue = issues.get_issue(work, wanted.identifier)
    text = issue.description
    cut = {"description_cut": f"{DESCRIPTION_LETTERS} of {len(text)} letters"} if len(text) > DESCRIPTION_LETTERS else {}
    latest = runs.list_runs(work, issue.id, limit=5)
    return {
        **show_card(issue),
        "description": text[:DESCRIPTION_LETTERS],
        **cut,
        "created_by": issue.created_by.name,
        "runs": [show_run(run) for run in latest],
        "note": WRITTEN_BY_OTHERS,
    }


def check_status(work: Work, name: str | None) -> None:
    """Raises UnknownStatus, naming those there are, where the board has no such column."""
    names = [status.name for status in issues.list_statuses(work)]
    if name is not None and name.lower() not in (known.lower() for known in names):
        raise UnknownStatus(f"There is no status {name[:50]!r}. There are: {', '.join(names)}.")


def show_card(card: IssueCard) -> dict[str, Any]:
    """What of a card is worth the model's attention."""
    shown = {
        "identifier": card.identifier,
        "title": card.title,
        "status": card.status.name,
        "priority": card.priority,
        "labels": [label.name for label in card.labels],
        "running": card.running.workflow if card.running else None,
        "plan_waits_for_approval": card.plan_waiting,
        "question_waits_for_answer": card.question_waiting,
        "branch": card.branch,
        "cost_usd": card.cost_usd,
        "updated_at": card.updated_at,
    }
    return {name: value for name, value in shown.items() if value not in (None, False, [])}


def show_run(run: RunSummary) -> dict[str, Any]:
    """What of a run is worth the model's attention."""
    shown = {
        "issue": run.identifier,
        "workflow": run.workflow,
        "state": run.state,
        "outcome": run.outcome,
        "summary": run.summary,
        "last_line": run.last_line if run.outcome is None else None,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "cost_usd": run.cost_usd if run.cost_usd is not None else run.metered_usd,
    }
    return {name: value for name, value in shown.items() if value is not None}


TOOLS = (
    Tool("search_issues", "Search all issues by words or identifier. Use it before creating an issue.", SearchInput, search_issues),
    Tool("list_issues", "List issues, newest first, by status and priority (P1 burns, P4 can wait).", ListInput, list_issues),
    Tool("get_issue", "One issue whole: description, latest runs and what waits for a person.", GetInput, get_issue),
)
