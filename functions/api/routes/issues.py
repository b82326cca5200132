"""Issues, their story, the board."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from dispatch import activity, issues
from dispatch.activity import Activity
from dispatch.issues import (
    Board,
    Column,
    Issue,
    IssueCard,
    IssueChange,
    IssueFilter,
    IssuePage,
    Label,
    NewComment,
    NewIssue,
    Priority,
    Status,
)
from dispatch.kit.shapes import Shape
from functions.api.callers import Reader, Writer
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["issues"])
Limit = Annotated[int, Query(ge=1, le=100)]


class Activities(Shape):
    """A stretch of an issue's story, oldest first; more comes after the last one's id."""

    items: list[Activity]


class Found(Shape):
    """What a search found, best first."""

    items: list[IssueCard]


@router.get("/issues")
def list_issues(
    work: TheWork,
    caller: Reader,
    status: str | None = None,
    priority: Priority | None = None,
    label: str | None = None,
    closed: bool | None = None,  # noqa: FBT001 - a query parameter has no position
    limit: Limit = 50,
    cursor: str | None = None,
) -> IssuePage:
    """A page of issues, newest first."""
    wanted = IssueFilter(status=status, priority=priority, label=label, closed=closed)
    return issues.list_issues(work, wanted, limit=limit, cursor=cursor)


@router.post("/issues", status_code=201)
def create_issue(work: TheWork, caller: Writer, new: NewIssue) -> Issue:
    """The issue exists."""
    return issues.create_issue(work, new, actor=caller.actor)


@router.get("/issues/{ref}")
def get_issue(work: TheWork, caller: Reader, ref: str) -> Issue:
    """The issue, by UUID or identifier."""
    return issues.get_issue(work, ref)


@router.patch("/issues/{ref}")
def update_issue(work: TheWork, caller: Writer, ref: str, change: IssueChange) -> Issue:
    """The issue as changed; what is left out stays."""
    return issues.update_issue(work, ref, change, actor=caller.actor)


@router.delete("/issues/{ref}", status_code=204)
def delete_issue(work: TheWork, caller: Writer, ref: str) -> None:
    """The issue is gone. 409 while an agent works on it."""
    issues.delete_issue(work, ref, actor=caller.actor)


@router.get("/issues/{ref}/activity")
def list_activity(
    work: TheWork,
    caller: Reader,
    ref: str,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> Activities:
    """The issue's story after an entry, oldest first."""
    return Activities(items=activity.list_activity(work, issues.get_issue(work, ref).id, after=after, limit=limit))


@router.post("/issues/{ref}/comments", status_code=201)
def add_comment(work: TheWork, caller: Writer, ref: str, new: NewComment) -> Activity:
    """The comment stands in the story."""
    return issues.add_comment(work, ref, new, actor=caller.actor)


@router.get("/search")
def search(work: TheWork, caller: Reader, q: Annotated[str, Query(min_length=1, max_length=500)], limit: Limit = 10) -> Found:
    """Issues by identifier and by words, best first."""
    return Found(items=issues.search_issues(work, q, limit=limit))


@router.get("/board")
def get_board(work: TheWork, caller: Reader, per_column: Limit = 30) -> Board:
    """Every column with its first cards."""
    return issues.board(work, per_column=per_column)


@router.get("/board/{status_id}")
def get_column(work: TheWork, caller: Reader, status_id: UUID, cursor: str | None = None, limit: Limit = 30) -> Column:
    """A further page of one column."""
    return issues.column(work, status_id, cursor=cursor, limit=limit)


@router.get("/statuses")
def list_statuses(work: TheWork, caller: Reader) -> list[Status]:
    """The board's columns in order."""
    return issues.list_statuses(work)


@router.get("/labels")
def list_labels(work: TheWork, caller: Reader) -> list[Label]:
    """All labels, by name."""
    return issues.list_labels(work)
