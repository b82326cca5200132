"""The SQL of an instance's condition."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.health.shapes import DatabaseFacts


def select_facts(conn: Connection[Any]) -> DatabaseFacts:
    """What the database says of itself."""
    facts = (
        conn.cursor(row_factory=class_row(DatabaseFacts))
        .execute(
            """
            SELECT
                current_setting('server_version') AS version,
                (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS pgvector,
                ARRAY(SELECT name FROM schema_migration ORDER BY name) AS migrations,
                (SELECT at FROM last_sweep) AS swept_at
            """
        )
        .fetchone()
    )
    assert facts  # noqa: S101 - a SELECT without FROM has one row
    return facts


def upsert_sweep(conn: Connection[Any], at: datetime) -> None:
    """The last sweep was then."""
    conn.execute(
        """
        INSERT INTO last_sweep (at)
        VALUES (%(at)s)
        ON CONFLICT (is_only) DO UPDATE SET at = excluded.at WHERE last_sweep.at < excluded.at
        """,
        {"at": at},
    )
