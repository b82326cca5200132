"""The SQL of Sentry's issues: what was counted of each, and what is still to be asked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.intake.counting_sentry import Known


def hold(conn: Connection[Any], issue_id: str, *, delivery: str) -> Known:
    """What is known of Sentry's issue, held until the work ends; nothing was counted of a new one."""
    with conn.cursor(row_factory=class_row(Known)) as cursor:
        cursor.execute(
            "INSERT INTO sentry_issue (id, delivery, key, counted) VALUES (%(id)s, %(delivery)s, '', 0) ON CONFLICT (id) DO NOTHING",
            {"id": issue_id, "delivery": delivery},
        )
        held = cursor.execute(
            "SELECT id, delivery, key, counted, counted_until, tries FROM sentry_issue WHERE id = %(id)s FOR UPDATE", {"id": issue_id}
        ).fetchone()
    assert held  # noqa: S101 - it was there, or is there now
    return held


def set_known(conn: Connection[Any], known: Known, *, ask_at: datetime | None) -> None:
    """This is what is known of it by now, and when Sentry is asked for more."""
    conn.execute(
        """
        UPDATE sentry_issue
        SET delivery = %(delivery)s, key = %(key)s, counted = %(counted)s, counted_until = %(counted_until)s, ask_at = %(ask_at)s,
            tries = %(tries)s
        WHERE id = %(id)s
        """,
        {**known.model_dump(), "ask_at": ask_at},
    )


def set_ask_at(conn: Connection[Any], issue_id: str, ask_at: datetime | None, *, tries: int) -> None:
    """Sentry is asked about it then, or not any more."""
    conn.execute(
        "UPDATE sentry_issue SET ask_at = %(ask_at)s, tries = %(tries)s WHERE id = %(id)s",
        {"id": issue_id, "ask_at": ask_at, "tries": tries},
    )


def select_due(conn: Connection[Any], *, at: datetime, limit: int) -> list[Known]:
    """What Sentry is to be asked about now, the longest waiting first."""
    with conn.cursor(row_factory=class_row(Known)) as cursor:
        return cursor.execute(
            """
            SELECT id, delivery, key, counted, counted_until, tries
            FROM sentry_issue
            WHERE ask_at <= %(at)s
            ORDER BY ask_at
            LIMIT %(limit)s
            """,
            {"at": at, "limit": limit},
        ).fetchall()


def find_count(conn: Connection[Any], key: str) -> int | None:
    """How many the sighting of this key has told of; None where there is none."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT count FROM sighting WHERE origin = 'sentry' AND key = %(key)s", {"key": key}).fetchone()


def find_family_id(conn: Connection[Any], issue_id: str) -> UUID | None:
    """The family that the newest sighting of Sentry's issue belongs to."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT fingerprint.family_id
            FROM sentry_issue
            JOIN sighting ON sighting.origin = 'sentry' AND sighting.key = sentry_issue.key
            JOIN fingerprint ON fingerprint.hash = sighting.fingerprint
            WHERE sentry_issue.id = %(id)s
            """,
            {"id": issue_id},
        ).fetchone()


def is_worked_on(conn: Connection[Any], issue_id: UUID) -> bool:
    """Whether an agent works on the issue, or a fix of it is on its way or watched."""
    found = conn.execute(
        """
        SELECT
        WHERE EXISTS (SELECT FROM run WHERE issue_id = %(id)s AND state <> 'finished')
           OR EXISTS (SELECT FROM fix_attempt WHERE issue_id = %(id)s AND state IN ('awaiting_deploy', 'watching'))
        """,
        {"id": issue_id},
    )
    return found.fetchone() is not None
