"""The SQL of a run's job at its runtime."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import scalar_row


def set_starting(conn: Connection[Any], run_id: UUID, generation: int, *, at: datetime, again_at: datetime) -> bool:
    """The run is being started, if it still waits, or was being started and nobody knows how that ended; nobody else tries until then."""
    done = conn.execute(
        """
        UPDATE run
        SET state = 'starting',
            starting_at = coalesce(starting_at, %(at)s),  -- the first try counts: one tried for ever would never be lost
            start_after = %(again_at)s
        WHERE id = %(id)s
          AND generation = %(generation)s
          AND (state = 'queued' OR (state = 'starting' AND external_id IS NULL))
          AND (start_after IS NULL OR start_after <= %(at)s)
        """,
        {"id": run_id, "generation": generation, "at": at, "again_at": again_at},
    )
    return done.rowcount == 1


def set_put_off(conn: Connection[Any], run_id: UUID, *, until: datetime, was_started: bool, line: str) -> bool:
    """The run is not asked to start before then; one that surely was not started waits as if nobody had asked yet."""
    done = conn.execute(
        """
        UPDATE run
        SET start_after = %(until)s,
            state = CASE WHEN %(was_started)s THEN state ELSE 'queued' END,
            starting_at = CASE WHEN %(was_started)s THEN starting_at END,
            last_line = %(line)s
        WHERE id = %(id)s AND state = 'starting'
        """,
        {"id": run_id, "until": until, "was_started": was_started, "line": line},
    )
    return done.rowcount == 1


def set_ref(conn: Connection[Any], run_id: UUID, ref: str) -> None:
    """The run's job is started on this branch."""
    conn.execute("UPDATE run SET job_ref = %(ref)s WHERE id = %(id)s", {"id": run_id, "ref": ref})


def set_external(conn: Connection[Any], run_id: UUID, *, external_id: str, external_url: str | None) -> None:
    """What the runtime calls the run's job; one that is known stays."""
    conn.execute(
        """
        UPDATE run
        SET external_id = %(external_id)s, external_url = coalesce(%(external_url)s, external_url)
        WHERE id = %(id)s AND coalesce(external_id, '') = ''
        """,
        {"id": run_id, "external_id": external_id, "external_url": external_url},
    )


def select_ref(conn: Connection[Any], run_id: UUID) -> str | None:
    """The branch on which the run's job was asked for; None where none was."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT job_ref FROM run WHERE id = %(id)s", {"id": run_id}).fetchone()


def select_run_of(conn: Connection[Any], repository: str, external_id: str) -> UUID | None:
    """The run whose job this is."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM run
            WHERE external_id = %(external_id)s AND external_id <> '' AND lower(repository) = lower(%(repository)s)
            """,
            {"external_id": external_id, "repository": repository},
        ).fetchone()


def select_unstarted(conn: Connection[Any], *, before: datetime, at: datetime) -> list[tuple[UUID, int]]:
    """Runs whose start should have happened by now, or is to be asked for again."""
    return conn.execute(
        """
        SELECT id, generation
        FROM run
        WHERE (state = 'queued' OR (state = 'starting' AND external_id IS NULL))
          AND coalesce(start_after <= %(at)s, coalesce(starting_at, created_at) < %(before)s)
        ORDER BY created_at
        LIMIT 100
        """,
        {"before": before, "at": at},
    ).fetchall()


def select_unheard(
    conn: Connection[Any], *, started_by: datetime, beat_by: datetime, ended_by: datetime, ended_since: datetime
) -> list[UUID]:
    """Runs whose job says nothing, the longest first: neither claims nor beats, nor publishes the patch it is to publish."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM run
            WHERE external_id IS NOT NULL
              AND (
                  (state = 'starting' AND starting_at < %(started_by)s)
                  OR (state = 'running' AND heartbeat_at < %(beat_by)s)
                  OR (finished_at BETWEEN %(ended_since)s AND %(ended_by)s AND EXISTS (
                      SELECT FROM patch
                      WHERE run_id = run.id AND verdict = 'accepted' AND published_at IS NULL AND unpublished_because IS NULL
                  ))
              )
            ORDER BY coalesce(finished_at, heartbeat_at, starting_at)
            LIMIT 30
            """,
            {"started_by": started_by, "beat_by": beat_by, "ended_by": ended_by, "ended_since": ended_since},
        ).fetchall()
