"""The SQL of the questions that were asked of the logs."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import namedtuple_row


class Asked(NamedTuple):
    """How often somebody has asked: ever, as far as it is kept, and lately."""

    ever: int
    lately: int


def hold_asker(conn: Connection[Any], asker: str) -> None:
    """Nobody else counts or adds what this asker asks until the transaction ends."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(asker)s, 24))", {"asker": asker})


def count_asked(conn: Connection[Any], asker: str, *, lately: datetime) -> Asked:
    """How often they asked."""
    with conn.cursor(row_factory=namedtuple_row) as cursor:
        row: Any = cursor.execute(
            """
            SELECT count(*) AS ever, count(*) FILTER (WHERE asked_at > %(lately)s) AS lately
            FROM log_query
            WHERE asker = %(asker)s
            """,
            {"asker": asker, "lately": lately},
        ).fetchone()
        return Asked(row.ever, row.lately)


def insert_query(conn: Connection[Any], query_id: UUID, asker: str, run_id: UUID | None, *, query: str, params: str, at: datetime) -> None:
    """The question has been asked."""
    conn.execute(
        """
        INSERT INTO log_query (id, asker, run_id, query, params, asked_at)
        VALUES (%(id)s, %(asker)s, %(run_id)s, %(query)s, %(params)s, %(at)s)
        """,
        {"id": query_id, "asker": asker, "run_id": run_id, "query": query, "params": params, "at": at},
    )


def set_answered(conn: Connection[Any], query_id: UUID, *, took_ms: int, rows: int | None, refusal: str | None) -> None:
    """The question has had its answer, or its refusal."""
    conn.execute(
        "UPDATE log_query SET took_ms = %(took_ms)s, rows = %(rows)s, refusal = %(refusal)s WHERE id = %(id)s",
        {"id": query_id, "took_ms": took_ms, "rows": rows, "refusal": refusal},
    )


def is_run_unfinished(conn: Connection[Any], run_id: UUID) -> bool:
    """Whether the run goes on: the row belongs to a room above, and is only looked at."""
    return conn.execute("SELECT FROM run WHERE id = %(id)s AND state <> 'finished'", {"id": run_id}).fetchone() is not None


def delete_before(conn: Connection[Any], before: datetime) -> int:
    """What was asked before then is forgotten; answers how much."""
    return conn.execute("DELETE FROM log_query WHERE asked_at < %(before)s", {"before": before}).rowcount
