"""The SQL of rounds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.kit.ids import new_id
from dispatch.spawning.shapes import Round


def insert_round(
    conn: Connection[Any],
    pull_id: UUID,
    *,
    kind: str,
    key: str,
    said_by: str | None,
    words: str,
    url: str | None,
    because: str | None = None,
    at: datetime,
) -> bool:
    """The round is wanted, or dropped at once where `because` says why; False where it was heard of before."""
    done = conn.execute(
        """
        INSERT INTO round (id, pull_id, kind, key, said_by, words, url, wanted_at, state, because)
        VALUES (%(id)s, %(pull_id)s, %(kind)s, %(key)s, %(said_by)s, %(words)s, %(url)s, %(at)s,
                CASE WHEN %(because)s::text IS NULL THEN 'wanted' ELSE 'dropped' END, %(because)s)
        ON CONFLICT (pull_id, kind, key) DO NOTHING
        """,
        {
            "id": new_id(),
            "pull_id": pull_id,
            "kind": kind,
            "key": key,
            "said_by": said_by,
            "words": words,
            "url": url,
            "because": because,
            "at": at,
        },
    )
    return done.rowcount == 1


def count_rounds(conn: Connection[Any], pull_id: UUID) -> int:
    """How many rounds were heard of, whatever became of them."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT count(*) FROM round WHERE pull_id = %(pull_id)s", {"pull_id": pull_id}).fetchone() or 0


def select_ready(conn: Connection[Any], *, settled_before: datetime, unpublished_since: datetime, limit: int) -> list[UUID]:
    """Pull requests with rounds that may begin: nobody has said more since, and no agent works on their issue, or has work under way."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT pull.id
            FROM pull JOIN round ON round.pull_id = pull.id AND round.state = 'wanted'
            WHERE NOT EXISTS (SELECT FROM run WHERE run.issue_id = pull.issue_id AND run.state <> 'finished')
              AND NOT EXISTS (SELECT FROM spawn WHERE spawn.issue_id = pull.issue_id AND spawn.state = 'waiting')
              AND NOT EXISTS (
                  SELECT FROM patch JOIN run ON run.id = patch.run_id
                  WHERE run.issue_id = pull.issue_id AND patch.verdict = 'accepted' AND patch.published_at IS NULL
                    AND patch.unpublished_because IS NULL AND patch.proposed_at > %(unpublished_since)s
              )
              AND NOT EXISTS (SELECT FROM kill_switch WHERE scope = 'everything' AND opened_at IS NULL)
            GROUP BY pull.id
            HAVING max(round.wanted_at) FILTER (WHERE round.kind = 'review') <= %(settled_before)s OR bool_and(round.kind = 'repair')
            ORDER BY min(round.wanted_at)
            LIMIT %(limit)s
            """,
            {"settled_before": settled_before, "unpublished_since": unpublished_since, "limit": limit},
        ).fetchall()


def select_wanted(conn: Connection[Any], pull_id: UUID) -> list[Round]:
    """What is wanted on the pull request, oldest first."""
    with conn.cursor(row_factory=class_row(Round)) as cursor:
        return cursor.execute(
            """
            SELECT id, kind, key, said_by, words
            FROM round
            WHERE pull_id = %(pull_id)s AND state = 'wanted'
            ORDER BY wanted_at, id
            """,
            {"pull_id": pull_id},
        ).fetchall()


def set_begun(conn: Connection[Any], ids: list[UUID], spawn_id: UUID) -> None:
    """The rounds have begun together, with that spawn."""
    conn.execute("UPDATE round SET state = 'begun', spawn_id = %(spawn_id)s WHERE id = ANY(%(ids)s)", {"ids": ids, "spawn_id": spawn_id})


def set_dropped(conn: Connection[Any], ids: list[UUID], because: str, *, spawn_id: UUID | None = None) -> None:
    """The rounds will not be, for that reason."""
    conn.execute(
        """
        UPDATE round
        SET state = 'dropped', because = %(because)s, spawn_id = %(spawn_id)s
        WHERE id = ANY(%(ids)s) AND state = 'wanted'
        """,
        {"ids": ids, "because": because, "spawn_id": spawn_id},
    )
