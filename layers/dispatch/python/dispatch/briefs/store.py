"""The SQL of what a brief tells of earlier work on the issue: plans belong to a room above, and are read here; so is who asked.

And of what was gathered for the run from elsewhere, which is this room's own.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row, scalar_row


def select_plan(conn: Connection[Any], plan_id: UUID) -> dict[str, Any] | None:
    """The plan to implement."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("SELECT version, body, base_commit FROM plan WHERE id = %(id)s", {"id": plan_id}).fetchone()


def select_last_plan(conn: Connection[Any], issue_id: UUID) -> dict[str, Any] | None:
    """The newest plan, with what people said when they returned it."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT version, state, body, feedback FROM plan WHERE issue_id = %(id)s ORDER BY version DESC LIMIT 1", {"id": issue_id}
        ).fetchone()


def select_asker(conn: Connection[Any], run_id: UUID) -> dict[str, Any] | None:
    """Who asked for the run, and so whose words it brings."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT asked_by FROM spawn WHERE run_id = %(id)s", {"id": run_id}).fetchone()


def select_context(conn: Connection[Any], run_id: UUID, kind: str) -> list[dict[str, str]]:
    """What was gathered for the run: headings and texts; empty where nothing was."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(
            "SELECT parts FROM run_context WHERE run_id = %(run_id)s AND kind = %(kind)s", {"run_id": run_id, "kind": kind}
        ).fetchone()
        return found or []


def select_context_kinds(conn: Connection[Any], run_id: UUID) -> set[str]:
    """Of which kinds something was gathered for the run."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute("SELECT kind FROM run_context WHERE run_id = %(run_id)s", {"run_id": run_id}).fetchall())


def insert_context(conn: Connection[Any], run_id: UUID, kind: str, *, parts: str, at: datetime) -> None:
    """This was gathered for the run; what was gathered of the kind before stays."""
    conn.execute(
        """
        INSERT INTO run_context (run_id, kind, parts, gathered_at)
        VALUES (%(run_id)s, %(kind)s, %(parts)s, %(at)s)
        ON CONFLICT DO NOTHING
        """,
        {"run_id": run_id, "kind": kind, "parts": parts, "at": at},
    )


def select_tried(conn: Connection[Any], issue_id: UUID) -> list[dict[str, Any]]:
    """The issue's fixes that were in production and did not hold, oldest first; a verified one too, whose error came back all the same."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT pull.number, fix_attempt.merge_commit, fix_attempt.reason
            FROM fix_attempt
            JOIN pull ON pull.id = fix_attempt.pull_id
            JOIN issue ON issue.id = fix_attempt.issue_id
            WHERE fix_attempt.issue_id = %(id)s
              AND (fix_attempt.state = 'failed' OR (fix_attempt.state = 'verified' AND issue.fix_verified_at IS NULL))
            ORDER BY fix_attempt.created_at
            """,
            {"id": issue_id},
        ).fetchall()
