"""The SQL of the policy's versions."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from dispatch.kit.actors import Actor
from dispatch.kit.settings import Limits
from dispatch.spawning.limit_shapes import PolicyRow


def select_versions(conn: Connection[Any], *, before: int | None, limit: int) -> list[PolicyRow]:
    """Versions below that one, newest first."""
    with conn.cursor(row_factory=class_row(PolicyRow)) as cursor:
        return cursor.execute(
            """
            SELECT version, limits, because, changed_by, changed_at
            FROM policy
            WHERE %(before)s::integer IS NULL OR version < %(before)s
            ORDER BY version DESC
            LIMIT %(limit)s
            """,
            {"before": before, "limit": limit},
        ).fetchall()


def insert_policy(conn: Connection[Any], limits: Limits, *, because: str, by: Actor, at: datetime) -> int:
    """The limits are in force as a new version; returns it."""
    row: Any = conn.execute(
        """
        INSERT INTO policy (limits, because, changed_by, changed_at)
        VALUES (%(limits)s, %(because)s, %(by)s, %(at)s)
        RETURNING version
        """,
        {"limits": Jsonb(limits.model_dump(mode="json")), "because": because, "by": Jsonb(by.model_dump(mode="json")), "at": at},
    ).fetchone()
    return row[0]
