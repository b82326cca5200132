"""Many issues at once: lists, search, the board. Always by page."""

from uuid import UUID

from dispatch.issues import store
from dispatch.issues.shapes import Board, Column, IssueCard, IssueFilter, IssuePage, Label, Status, UnknownStatus
from dispatch.kit.shapes import from_cursor, to_cursor
from dispatch.kit.work import Work

MOST_A_PAGE = 100


def list_issues(work: Work, wanted: IssueFilter, *, limit: int = 50, cursor: str | None = None) -> IssuePage:
    """The issues that fit, newest first. Raises BadInput for a cursor that is not ours."""
    limit = max(1, min(limit, MOST_A_PAGE))
    items = store.select_issues(work.conn, wanted, after=from_cursor(cursor, 2), limit=limit + 1)
    more = to_cursor(items[limit - 1].created_at, items[limit - 1].id) if len(items) > limit else None
    return IssuePage(items=items[:limit], next_cursor=more)


def search_issues(work: Work, query: str, *, limit: int = 10) -> list[IssueCard]:
    """The issue of that identifier, and those that share words with `query`, best first."""
    return store.select_found(work.conn, query[:500].replace("\x00", " "), query.strip().upper(), max(1, min(limit, MOST_A_PAGE)))


def board(work: Work, *, per_column: int = 30) -> Board:
    """Every column with its first cards: most urgent first, then newest."""
    columns = store.select_columns(work.conn)
    return Board(columns=[_filled(work, column, None, per_column) for column in columns])


def column(work: Work, status_id: UUID, *, cursor: str | None = None, limit: int = 30) -> Column:
    """One column from where `cursor` left off. Raises UnknownStatus."""
    for found in store.select_columns(work.conn):
        if found.status.id == status_id:
            return _filled(work, found, cursor, limit)
    raise UnknownStatus


def list_statuses(work: Work) -> list[Status]:
    """The board's columns in order."""
    return store.select_statuses(work.conn)


def list_labels(work: Work) -> list[Label]:
    """All labels, by name."""
    return store.select_labels(work.conn)


def _filled(work: Work, empty: Column, cursor: str | None, limit: int) -> Column:
    limit = max(1, min(limit, MOST_A_PAGE))
    items = store.select_cards(work.conn, empty.status.id, after=from_cursor(cursor, 3), limit=limit + 1)
    last = items[limit - 1] if len(items) > limit else None
    more = to_cursor(last.priority, last.created_at, last.id) if last else None
    return Column(status=empty.status, total=empty.total, items=items[:limit], next_cursor=more)
