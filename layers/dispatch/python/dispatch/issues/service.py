"""Making, changing and moving one issue. Lists are in `lists`."""

import re
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from dispatch import activity, stream
from dispatch.activity import Activity
from dispatch.customers import find_customer
from dispatch.issues import store
from dispatch.issues.shapes import (
    FixVerificationRequired,
    Issue,
    IssueCard,
    IssueChange,
    IssueNotFound,
    NewComment,
    NewIssue,
    Status,
    UnknownStatus,
)
from dispatch.kit.actors import Actor
from dispatch.kit.errors import Conflict
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.settings import settings
from dispatch.kit.work import Work

IDENTIFIER = re.compile(r"[A-Z][A-Z0-9]{0,15}-[0-9]{1,9}")


class IssueIsRunning(Conflict):
    """An agent is working on this issue. Cancel the run first."""


def create_issue(work: Work, new: NewIssue, *, actor: Actor, source: str = "person") -> Issue:
    """The issue exists, with the next identifier. Raises UnknownStatus, UnknownCustomer."""
    status = _status_named(work, new.status) if new.status else store.select_statuses(work.conn)[0]
    number, identifier = store.take_identifier(work.conn, name=settings().default_workspace_name, prefix=settings().default_issue_prefix)
    issue_id = new_id()
    store.insert_issue(
        work.conn,
        issue_id=issue_id,
        number=number,
        identifier=identifier,
        new=new,
        status_id=status.id,
        customer_id=find_customer(work, new.customer).id if new.customer else None,
        source=source,
        actor=actor,
        at=work.now,
    )
    store.replace_labels(work.conn, issue_id, new.labels)
    activity.add_activity(work, issue_id, Event.ISSUE_CREATED, actor=actor, data={"title": new.title}, public=True)
    issue = get_issue(work, issue_id)
    stream.publish(work, "board", Event.ISSUE_CREATED, _card(issue))
    return issue


def find_issue(work: Work, ref: str | UUID, *, lock: bool = False) -> Issue | None:
    """The issue with this UUID or identifier, in any case; `lock` holds it until the work ends."""
    if isinstance(ref, UUID) and not lock:
        return store.select_issue(work.conn, ref)
    issue_id = store.find_issue_id(work.conn, **_parse_ref(ref), lock=lock)
    return store.select_issue(work.conn, issue_id) if issue_id else None


def get_issue(work: Work, ref: str | UUID, *, lock: bool = False) -> Issue:
    """The issue with this UUID or identifier, in any case. Raises IssueNotFound."""
    issue = find_issue(work, ref, lock=lock)
    if issue is None:
        raise IssueNotFound(f"There is no issue {str(ref)[:50]}.")
    return issue


def get_issue_id(work: Work, ref: str | UUID) -> UUID:
    """The id of the issue with this UUID or identifier, in any case. Raises IssueNotFound."""
    issue_id = store.find_issue_id(work.conn, **_parse_ref(ref), lock=False)
    if issue_id is None:
        raise IssueNotFound(f"There is no issue {str(ref)[:50]}.")
    return issue_id


def update_issue(work: Work, ref: str | UUID, change: IssueChange, *, actor: Actor) -> Issue:
    """The issue is as `change` says, and its story tells what changed; nothing happens where nothing would change.

    Raises IssueNotFound, UnknownStatus, FixVerificationRequired.
    """
    before = get_issue(work, ref, lock=True)
    status = _status_named(work, change.status) if change.status else before.status
    differences = _differences(before, change, status)
    if not differences:
        return before
    if status.is_closed and not before.status.is_closed and not change.reason and closing_needs_reason(work, before.id):
        raise FixVerificationRequired
    store.update_issue(
        work.conn,
        before.id,
        title=change.title,
        description=change.description,
        priority=change.priority,
        status_id=status.id,
        at=work.now,
    )
    if "customer" in differences:
        store.set_customer(work.conn, before.id, find_customer(work, change.customer).id if change.customer else None)
    if "labels" in differences:
        store.replace_labels(work.conn, before.id, change.labels or [])
    if status.is_closed != before.status.is_closed:
        store.set_closed(work.conn, before.id, at=work.now if status.is_closed else None)
    public = set(differences) <= {"status", "title", "priority"}
    told = {"changes": differences} | ({"reason": change.reason} if change.reason else {})
    activity.add_activity(work, before.id, Event.ISSUE_CHANGED, actor=actor, data=told, public=public)
    publish_card(work, before.id)
    return get_issue(work, before.id)


def move_issue(work: Work, issue_id: UUID, status_name: str, *, actor: Actor) -> None:
    """The issue stands in the column of that name, where such a column exists; a board without it stays as it is."""
    if any(status.name == status_name for status in store.select_statuses(work.conn)):
        update_issue(work, issue_id, IssueChange(status=status_name), actor=actor)


def closing_needs_reason(work: Work, issue_id: UUID) -> bool:
    """Whether it is a production error's, and its fix is not verified: whichever way it is to be closed, somebody has to say why."""
    return store.has_unverified_error(work.conn, issue_id)


def note_verified(work: Work, issue_id: UUID) -> None:
    """The issue's fix is verified: it may be closed without a further reason, until it is open again after having been closed."""
    store.set_verified(work.conn, issue_id, at=work.now)


def find_closed_at(work: Work, issue_id: UUID) -> datetime | None:
    """Since when the issue is closed; None where it is open."""
    return store.find_closed_at(work.conn, issue_id)


def delete_issue(work: Work, ref: str | UUID, *, actor: Actor) -> Issue:
    """The issue is gone, with its story; returns what it was. Raises IssueIsRunning."""
    issue = get_issue(work, ref, lock=True)
    if issue.running:
        raise IssueIsRunning
    store.delete_issue(work.conn, issue.id)
    stream.publish(work, "board", Event.ISSUE_DELETED, {"id": str(issue.id), "identifier": issue.identifier, "by": actor.name})
    return issue


def add_comment(work: Work, ref: str | UUID, new: NewComment, *, actor: Actor) -> Activity:
    """The comment stands in the issue's story."""
    issue = get_issue(work, ref)
    return activity.add_activity(work, issue.id, Event.COMMENT_ADDED, actor=actor, data={"body": new.body}, public=new.public)


def publish_card(work: Work, issue_id: UUID) -> None:
    """Whoever looks at the board, the issue or the inbox sees it as it is now. Rooms above call it when their rows change the card."""
    card = cache(lambda: _card(get_issue(work, issue_id)))  # read once for both, when both topics are held
    for topic in ("board", f"issue:{issue_id}"):
        stream.publish_latest(work, topic, Event.ISSUE_CHANGED, card, key=str(issue_id))
    stream.publish_change(work, "inbox", Event.INBOX_CHANGED)


def _card(issue: Issue) -> IssueCard:
    return IssueCard.model_validate(issue.model_dump(exclude={"description", "created_by", "source"}))


def _status_named(work: Work, name: str) -> Status:
    statuses = store.select_statuses(work.conn)
    for status in statuses:
        if status.name.lower() == name.lower():
            return status
    raise UnknownStatus(f"There is no status {name!r}. There are: {', '.join(status.name for status in statuses)}.")


def _differences(before: Issue, change: IssueChange, status: Status) -> dict[str, Any]:
    """What would change, each as [before, after]; a description is named without its text."""
    found: dict[str, Any] = {}
    if change.title is not None and change.title != before.title:
        found["title"] = [before.title, change.title]
    if change.description is not None and change.description != before.description:
        found["description"] = [len(before.description), len(change.description)]
    if change.priority is not None and change.priority != before.priority:
        found["priority"] = [before.priority, change.priority]
    was_for = before.customer.slug if before.customer else ""
    if change.customer is not None and change.customer != was_for:
        found["customer"] = [was_for, change.customer]
    if status.id != before.status.id:
        found["status"] = [before.status.name, status.name]
    labels = [label.name for label in before.labels]
    if change.labels is not None and {name.lower() for name in change.labels} != {name.lower() for name in labels}:
        found["labels"] = [labels, change.labels]
    return found


def _parse_ref(ref: str | UUID) -> dict[str, Any]:
    if isinstance(ref, UUID):
        return {"id": ref, "identifier": None}
    if IDENTIFIER.fullmatch(ref.upper()):
        return {"id": None, "identifier": ref.upper()}
    try:
        return {"id": UUID(ref), "identifier": None}
    except ValueError:
        return {"id": None, "identifier": None}
