"""The SQL of notices."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.notices.shapes import Claimed, Notice, NoticeFilter


def insert_notice(conn: Connection[Any], notice_id: UUID, *, kind: str, key: str, body: str, endpoints: list[str], at: datetime) -> bool:
    """The notice waits for those it is for; False where there is one of this kind and key."""
    return (
        conn.execute(
            """
            WITH made AS (
                INSERT INTO notice (id, kind, key, body, created_at)
                VALUES (%(id)s, %(kind)s, %(key)s, %(body)s, %(at)s)
                ON CONFLICT (kind, key) DO NOTHING
                RETURNING id
            ), targets AS (
                INSERT INTO notice_target (notice_id, endpoint, try_at)
                SELECT made.id, wanted.endpoint, %(at)s
                FROM made, unnest(%(endpoints)s::text[]) AS wanted (endpoint)
                WHERE NOT EXISTS (SELECT FROM notice_refusal WHERE notice_refusal.endpoint = wanted.endpoint)
            )
            SELECT id FROM made
            """,
            {"id": notice_id, "kind": kind, "key": key, "body": body, "endpoints": endpoints, "at": at},
        ).rowcount
        == 1
    )


def claim_due(conn: Connection[Any], endpoints: list[str], *, at: datetime, until: datetime, limit: int) -> list[Claimed]:
    """What is due at these endpoints, the oldest first; nobody else claims it before `until`, unless what came of it is noted."""
    with conn.cursor(row_factory=class_row(Claimed)) as cursor:
        return cursor.execute(
            """
            WITH due AS (
                SELECT notice_id, endpoint
                FROM notice_target
                WHERE state = 'waiting' AND try_at <= %(at)s AND endpoint = ANY(%(endpoints)s)
                  AND NOT EXISTS (SELECT FROM notice_refusal WHERE notice_refusal.endpoint = notice_target.endpoint)
                ORDER BY try_at
                LIMIT %(limit)s
                FOR UPDATE SKIP LOCKED
            ), claimed AS (
                UPDATE notice_target AS target
                SET tries = tries + 1, try_at = %(until)s
                FROM due
                WHERE target.notice_id = due.notice_id AND target.endpoint = due.endpoint
                RETURNING target.notice_id, target.endpoint, target.tries
            ), begun AS (
                INSERT INTO notice_try (notice_id, endpoint, number, at)
                SELECT notice_id, endpoint, 1 + (
                    SELECT count(*) FROM notice_try AS earlier
                    WHERE earlier.notice_id = claimed.notice_id AND earlier.endpoint = claimed.endpoint
                ), %(at)s
                FROM claimed
                RETURNING notice_id, endpoint, number
            )
            SELECT notice_id, endpoint, notice.body, claimed.tries, begun.number
            FROM claimed JOIN begun USING (notice_id, endpoint) JOIN notice ON notice.id = notice_id
            """,
            {"endpoints": endpoints, "at": at, "until": until, "limit": limit},
        ).fetchall()


def set_try(conn: Connection[Any], claimed: Claimed, *, took_ms: int, status: int | None, failure: str | None) -> None:
    """What came of the try is known."""
    conn.execute(
        """
        UPDATE notice_try
        SET took_ms = %(took_ms)s, status = %(status)s, failure = left(%(failure)s, 1000)
        WHERE notice_id = %(notice_id)s AND endpoint = %(endpoint)s AND number = %(number)s
        """,
        {**_named(claimed), "number": claimed.number, "took_ms": took_ms, "status": status, "failure": failure},
    )


def set_delivered(conn: Connection[Any], claimed: Claimed, *, at: datetime) -> None:
    """The notice was taken there."""
    conn.execute(
        """
        UPDATE notice_target
        SET state = 'delivered', delivered_at = %(at)s, try_at = NULL
        WHERE notice_id = %(notice_id)s AND endpoint = %(endpoint)s
        """,
        {**_named(claimed), "at": at},
    )


def set_failed(conn: Connection[Any], claimed: Claimed, *, try_at: datetime | None) -> None:
    """The notice was not taken there; it is tried again then, or never by itself. Whoever has claimed it since goes on."""
    conn.execute(
        """
        UPDATE notice_target
        SET state = CASE WHEN %(try_at)s::timestamptz IS NULL THEN 'failed' ELSE 'waiting' END, try_at = %(try_at)s
        WHERE notice_id = %(notice_id)s AND endpoint = %(endpoint)s AND state = 'waiting' AND tries = %(tries)s
        """,
        {**_named(claimed), "tries": claimed.tries, "try_at": try_at},
    )


def set_due(conn: Connection[Any], notice_id: UUID, endpoints: list[str], *, at: datetime) -> None:
    """The notice is to be told there now, as if for the first time."""
    conn.execute(
        """
        INSERT INTO notice_target (notice_id, endpoint, try_at)
        SELECT %(notice_id)s, endpoint, %(at)s FROM unnest(%(endpoints)s::text[]) AS endpoint
        ON CONFLICT (notice_id, endpoint) DO UPDATE SET state = 'waiting', tries = 0, try_at = excluded.try_at, delivered_at = NULL
        """,
        {"notice_id": notice_id, "endpoints": endpoints, "at": at},
    )


def insert_refusal(conn: Connection[Any], endpoint: str, *, at: datetime) -> None:
    """The endpoint is told nothing any more."""
    conn.execute(
        "INSERT INTO notice_refusal (endpoint, at) VALUES (%(endpoint)s, %(at)s) ON CONFLICT (endpoint) DO NOTHING",
        {"endpoint": endpoint, "at": at},
    )


def delete_refusals(conn: Connection[Any], endpoints: list[str]) -> None:
    """These endpoints are told again."""
    conn.execute("DELETE FROM notice_refusal WHERE endpoint = ANY(%(endpoints)s)", {"endpoints": endpoints})


def find_notice(conn: Connection[Any], notice_id: UUID) -> Notice | None:
    """The notice, with every try."""
    found = _select(conn, NoticeFilter(), notice_id=notice_id, after=None, limit=1)
    return found[0] if found else None


def select_notices(conn: Connection[Any], wanted: NoticeFilter, *, after: list[Any] | None, limit: int) -> list[Notice]:
    """Notices with every try, newest first; `after` is the moment and id of the last one seen."""
    return _select(conn, wanted, notice_id=None, after=after, limit=limit)


def delete_before(conn: Connection[Any], before: datetime, *, limit: int) -> int:
    """Notices older than that are gone, at most `limit` of them; returns how many."""
    return conn.execute(
        "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE created_at < %(before)s LIMIT %(limit)s)",
        {"before": before, "limit": limit},
    ).rowcount


def _select(conn: Connection[Any], wanted: NoticeFilter, *, notice_id: UUID | None, after: list[Any] | None, limit: int) -> list[Notice]:
    with conn.cursor(row_factory=class_row(Notice)) as cursor:
        return cursor.execute(
            """
            SELECT notice.id, notice.kind, notice.key, notice.body::jsonb AS body, notice.created_at, coalesce((
                SELECT jsonb_agg(jsonb_build_object(
                    'endpoint', target.endpoint, 'state', target.state, 'try_at', target.try_at, 'delivered_at', target.delivered_at,
                    'tries', coalesce((
                        SELECT jsonb_agg(jsonb_build_object('number', number, 'at', at, 'took_ms', took_ms, 'status', status,
                                                            'failure', failure) ORDER BY number)
                        FROM notice_try
                        WHERE notice_try.notice_id = notice.id AND notice_try.endpoint = target.endpoint
                    ), '[]')
                ) ORDER BY target.endpoint)
                FROM notice_target AS target
                WHERE target.notice_id = notice.id
            ), '[]') AS targets
            FROM notice
            WHERE (%(id)s::uuid IS NULL OR notice.id = %(id)s)
              AND (%(kind)s::text IS NULL OR notice.kind = %(kind)s)
              AND (%(state)s::text IS NULL OR EXISTS (
                  SELECT FROM notice_target WHERE notice_target.notice_id = notice.id AND notice_target.state = %(state)s
              ))
              AND (%(at)s::timestamptz IS NULL OR (notice.created_at, notice.id) < (%(at)s, %(after_id)s))
            ORDER BY notice.created_at DESC, notice.id DESC
            LIMIT %(limit)s
            """,
            {
                "id": notice_id,
                "kind": wanted.kind,
                "state": wanted.state,
                "at": after[0] if after else None,
                "after_id": after[1] if after else None,
                "limit": limit,
            },
        ).fetchall()


def _named(claimed: Claimed) -> dict[str, Any]:
    return {"notice_id": claimed.notice_id, "endpoint": claimed.endpoint}
