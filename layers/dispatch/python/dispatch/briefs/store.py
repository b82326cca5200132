"""The SQL of what a brief tells of earlier work on the issue: plans belong to a room above, and are read here; so is who asked."""

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
