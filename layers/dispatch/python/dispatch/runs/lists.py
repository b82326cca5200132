"""Many runs at once."""

from uuid import UUID

from dispatch.kit.shapes import from_cursor, to_cursor
from dispatch.kit.work import Work
from dispatch.runs import list_store
from dispatch.runs.shapes import RunFilter, RunPage, RunSummary


def page_of_runs(work: Work, wanted: RunFilter, *, cursor: str | None = None, limit: int = 50) -> RunPage:
    """The runs that fit, newest first. Raises BadInput for a cursor that is not ours."""
    limit = max(1, min(limit, 200))
    found = list_store.select_runs(work.conn, wanted, after=from_cursor(cursor, 2), limit=limit + 1)
    more = to_cursor(found[limit - 1].created_at, found[limit - 1].id) if len(found) > limit else None
    return RunPage(items=found[:limit], next_cursor=more)


def list_runs(work: Work, issue_id: UUID | None = None, *, limit: int = 100) -> list[RunSummary]:
    """The newest runs, of one issue or of all."""
    return list_store.select_runs(work.conn, RunFilter(issue_id=issue_id), limit=min(limit, 200))


def list_unfinished(work: Work) -> list[RunSummary]:
    """Every run that has not ended, newest first."""
    return list_store.select_runs(work.conn, RunFilter(), unfinished=True, limit=200)
