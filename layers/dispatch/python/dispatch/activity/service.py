"""Adding to an issue's story, and reading it."""

from typing import Any
from uuid import UUID

from dispatch import stream
from dispatch.activity import store
from dispatch.activity.shapes import Activity
from dispatch.kit.actors import Actor
from dispatch.kit.events import Event
from dispatch.kit.log import logger
from dispatch.kit.work import Work


def add_activity(
    work: Work,
    issue_id: UUID,
    kind: Event,
    *,
    actor: Actor,
    run_id: UUID | None = None,
    data: dict[str, Any] | None = None,
    public: bool = False,
) -> Activity:
    """The issue's story has one more entry, and whoever watches the issue sees it."""
    data = data or {}
    number, identifier = store.insert_activity(
        work.conn, issue_id=issue_id, at=work.now, kind=kind, actor=actor, run_id=run_id, data=data, public=public
    )
    added = Activity(id=number, issue_id=issue_id, at=work.now, kind=kind, actor=actor, run_id=run_id, data=data, public=public)
    stream.publish(work, f"issue:{issue_id}", Event.ACTIVITY_ADDED, added)
    work.after_commit(lambda: logger.info(kind, issue=identifier, run=str(run_id) if run_id else None, by=actor.kind))
    return added


def list_activity(work: Work, issue_id: UUID, *, after: int = 0, limit: int = 200) -> list[Activity]:
    """The issue's story after the entry with id `after`, oldest first, at most `limit` entries."""
    return store.select_activity(work.conn, issue_id, after=after, limit=min(limit, 500))
