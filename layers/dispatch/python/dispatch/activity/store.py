"""The SQL of activities."""

from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from dispatch.activity.shapes import Activity
from dispatch.kit.actors import Actor


def insert_activity(
    conn: Connection[Any], *, issue_id: UUID, at: Any, kind: str, actor: Actor, run_id: UUID | None, data: dict[str, Any], public: bool
) -> tuple[int, str]:
    """The activity is written; returns its id, and the issue's identifier."""
    row: Any = conn.execute(
        """
        INSERT INTO activity (issue_id, at, kind, actor, run_id, data, public)
        VALUES (%(issue_id)s, %(at)s, %(kind)s, %(actor)s, %(run_id)s, %(data)s, %(public)s)
        RETURNING id, (SELECT identifier FROM issue WHERE issue.id = activity.issue_id)
        """,
        {
            "issue_id": issue_id,
            "at": at,
            "kind": kind,
            "actor": actor.model_dump_json(),
            "run_id": run_id,
            "data": Jsonb(data),
            "public": public,
        },
    ).fetchone()
    return row


def select_activity(conn: Connection[Any], issue_id: UUID, *, after: int, limit: int) -> list[Activity]:
    """The issue's activities with an id above `after`, oldest first."""
    with conn.cursor(row_factory=class_row(Activity)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, at, kind, actor, run_id, data, public
            FROM activity
            WHERE issue_id = %(issue_id)s AND id > %(after)s
            ORDER BY id
            LIMIT %(limit)s
            """,
            {"issue_id": issue_id, "after": after, "limit": limit},
        ).fetchall()
