"""The SQL of fix attempts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.verification.shapes import FixAttempt, FixFamily


def select_attempts(conn: Connection[Any], issue_id: UUID, *, limit: int) -> list[FixAttempt]:
    """The issue's fix attempts, newest first."""
    with conn.cursor(row_factory=class_row(FixAttempt)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, family, pull, merge_commit, merged_at, state, environment, deployed_at, deployed_sha, rollout_at,
                   watch_until, at_most_until, numbers, reason, seen, decided_at
            FROM fix_card
            WHERE issue_id = %(issue_id)s
            ORDER BY created_at DESC, id DESC
            LIMIT %(limit)s
            """,
            {"issue_id": issue_id, "limit": limit},
        ).fetchall()


def find_family(conn: Connection[Any], issue_id: UUID) -> FixFamily | None:
    """The error that the issue is about."""
    with conn.cursor(row_factory=class_row(FixFamily)) as cursor:
        return cursor.execute("SELECT id, name FROM family WHERE issue_id = %(issue_id)s", {"issue_id": issue_id}).fetchone()


def count_by_hour(conn: Connection[Any], family_id: UUID, *, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
    """How often the error was seen in each hour in which it was, oldest first."""
    return conn.execute(
        """
        SELECT date_trunc('hour', last_seen, 'UTC'), sum(count)::bigint
        FROM sighting
        WHERE family_id = %(family_id)s AND last_seen >= %(since)s AND last_seen <= %(until)s
        GROUP BY 1
        ORDER BY 1
        """,
        {"family_id": family_id, "since": since, "until": until},
    ).fetchall()
