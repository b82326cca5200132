"""Errors that agents failed at again and again become a person's, with all that is known, until a run of theirs ends well."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from dispatch import activity, families, issues, notices, stream, suspects
from dispatch.kit.actors import SYSTEM
from dispatch.kit.events import Event
from dispatch.kit.work import Work
from dispatch.runs import WORKFLOWS
from dispatch.spawning import handover_store
from dispatch.spawning.handover_shapes import Packet, Refuted
from dispatch.spawning.shapes import IssueRef

ENOUGH = 2  # failures in a row
MENDING = [workflow.name for workflow in WORKFLOWS.values() if workflow.writes_code]  # what only looks fails at nothing
MOST_TOLD = 50


def review_attempts(work: Work, issue_id: UUID) -> None:
    """The issue's error is a person's where agents have failed at it twice in a row, and not any more where one has ended well since.

    To be called when a run of it has ended, and when its fix has failed or is verified.
    """
    family = handover_store.find_family(work.conn, issue_id)
    if family is None:
        return
    failures = handover_store.count_failures(work.conn, family, workflows=MENDING)
    if failures >= ENOUGH:
        is_new = handover_store.keep_handover(work.conn, issue_id, family, failures=failures, at=work.now)
        if is_new:
            _tell(work, issue_id, {"family": family, "failures": failures})
    elif not handover_store.end_handover(work.conn, family, at=work.now):
        return
    stream.publish_change(work, "inbox", Event.INBOX_CHANGED)


def get_packet(work: Work, ref: str | UUID) -> Packet:
    """What whoever takes the issue over needs. Raises IssueNotFound."""
    issue = issues.get_issue(work, ref)
    tried = handover_store.select_tried(work.conn, issue.id, limit=MOST_TOLD)
    handover = handover_store.find_handover(work.conn, issue.id) or {"at": None, "failures": 0}
    return Packet(
        issue=IssueRef(id=issue.id, identifier=issue.identifier, title=issue.title),
        handed_over_at=handover["at"],
        failed_in_a_row=handover["failures"],
        cost_usd=sum((run.cost_usd for run in tried if run.cost_usd), Decimal()),
        tried=tried,
        refuted=list_refuted(work, issue.id),
        suspects=suspects.list_of_issue(work, issue.id),
        error=families.find_by_issue(work, issue.id),
    )


def list_refuted(work: Work, issue_id: UUID) -> list[Refuted]:
    """The causes that it was not, as far as earlier runs and production have shown."""
    return handover_store.select_refuted(work.conn, issue_id, limit=MOST_TOLD)


def _tell(work: Work, issue_id: UUID, told: dict[str, Any]) -> None:
    """The story has it, and whoever listens elsewhere hears of it."""
    issue = issues.get_issue(work, issue_id)
    named = {"id": str(issue.id), "identifier": issue.identifier, "title": issue.title, "status": issue.status.name}
    activity.add_activity(work, issue_id, Event.ERROR_HANDED_OVER, actor=SYSTEM, data=told)
    notices.queue(work, Event.ERROR_HANDED_OVER, key=f"{issue_id}:{work.now.isoformat()}", issue=named, data=told)
