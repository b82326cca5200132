"""Tools that make and change issues."""

from typing import Annotated, Any

from pydantic import Field

from dispatch import issues
from dispatch.issues import IssueChange, NewIssue, Priority
from dispatch.kit.shapes import Line, Words
from dispatch.kit.work import Work
from dispatch.orchestrator.tools.reading import show_card
from dispatch.orchestrator.tools.tool import Context, Input, Tool


class CreateInput(Input):
    title: Annotated[Line, Field(description="what is wrong or wanted, in one line")]
    description: Annotated[Words, Field(description="the person's own words, and what is known; markdown")] = ""
    priority: Priority = Priority.P3


class UpdateInput(Input):
    identifier: Annotated[str, Field(min_length=1, max_length=60)]
    status: Annotated[Line | None, Field(description="the column to move it to, by its whole name")] = None
    priority: Priority | None = None
    title: Line | None = None
    description: Words | None = None
    reason: Annotated[Line | None, Field(description="why, in the person's words; closing a production error needs one")] = None


def create_issue(work: Work, wanted: CreateInput, context: Context) -> dict[str, Any]:
    """The issue exists."""
    new = NewIssue(title=wanted.title, description=wanted.description, priority=wanted.priority)
    return {"created": True, **show_card(issues.create_issue(work, new, actor=context.actor, source="orchestrator"))}


def update_issue(work: Work, wanted: UpdateInput, context: Context) -> dict[str, Any]:
    """The issue is changed; what was left out stays."""
    change = IssueChange(**wanted.model_dump(exclude={"identifier"}, exclude_none=True))
    return show_card(issues.update_issue(work, wanted.identifier, change, actor=context.actor))


TOOLS = (
    Tool("create_issue", "File a new issue. Search first. Starts no agent.", CreateInput, create_issue),
    Tool("update_issue", "Move, rename, reprioritise or rewrite an issue. Costs nothing.", UpdateInput, update_issue),
)
