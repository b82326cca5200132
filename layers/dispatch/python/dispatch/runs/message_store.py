"""The SQL of what people say to a running agent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from dispatch.runs.protocol import Said


def insert_message(conn: Connection[Any], message_id: UUID, run_id: UUID, *, text: str, said_by: Jsonb, at: datetime) -> None:
    """The message waits."""
    conn.execute(
        "INSERT INTO run_message (id, run_id, text, said_by, said_at) VALUES (%(id)s, %(run_id)s, %(text)s, %(said_by)s, %(at)s)",
        {"id": message_id, "run_id": run_id, "text": text, "said_by": said_by, "at": at},
    )


def set_delivered(conn: Connection[Any], run_id: UUID, heard: list[UUID], *, at: datetime) -> list[Said]:
    """The messages that were heard wait no more; returns those that did until now, oldest first."""
    with conn.cursor(row_factory=class_row(Said)) as cursor:
        return cursor.execute(
            """
            WITH heard AS (
                UPDATE run_message SET delivered_at = %(at)s
                WHERE run_id = %(run_id)s AND id = ANY(%(heard)s) AND delivered_at IS NULL
                RETURNING id, text, said_at
            )
            SELECT id, text FROM heard ORDER BY said_at
            """,
            {"run_id": run_id, "heard": heard, "at": at},
        ).fetchall()


def has_waiting(conn: Connection[Any], run_id: UUID) -> bool:
    """Whether there are messages that nobody has heard yet."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                "SELECT EXISTS (SELECT FROM run_message WHERE run_id = %(run_id)s AND delivered_at IS NULL)", {"run_id": run_id}
            ).fetchone()
        )


def select_waiting(conn: Connection[Any], run_id: UUID) -> list[Said]:
    """The messages that nobody has heard yet, oldest first."""
    with conn.cursor(row_factory=class_row(Said)) as cursor:
        return cursor.execute(
            "SELECT id, text FROM run_message WHERE run_id = %(run_id)s AND delivered_at IS NULL ORDER BY said_at", {"run_id": run_id}
        ).fetchall()
