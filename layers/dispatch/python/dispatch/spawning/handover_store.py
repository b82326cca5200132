"""The SQL of errors that are handed over to people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, dict_row, scalar_row

from dispatch.kit.ids import new_id
from dispatch.spawning.handover_shapes import Refuted, Tried


def find_family(conn: Connection[Any], issue_id: UUID) -> str | None:
    """The name of the error that the issue's spawns were for last."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "SELECT family FROM spawn WHERE issue_id = %(issue_id)s AND family IS NOT NULL ORDER BY created_at DESC LIMIT 1",
            {"issue_id": issue_id},
        ).fetchone()


def count_failures(conn: Connection[Any], family: str, *, workflows: list[str]) -> int:
    """How often runs of these workflows failed at the error since one ended well: they failed, were lost or blocked, or their fix failed.

    What found a cause and no fix says neither, nor does a round on a pull request that went well; a verified fix begins anew.
    """
    with conn.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(
            """
            WITH ended AS (
                SELECT run.finished_at, run.outcome, run.continues,
                       run.outcome IN ('failed', 'lost', 'blocked') OR EXISTS (
                           SELECT FROM pull JOIN fix_attempt ON fix_attempt.pull_id = pull.id
                           WHERE pull.run_id = run.id AND fix_attempt.state = 'failed'
                       ) AS failed
                FROM spawn JOIN run ON run.id = spawn.run_id
                WHERE spawn.family = %(family)s AND run.state = 'finished' AND run.workflow = ANY(%(workflows)s)
            ), verified AS (
                SELECT max(fix_attempt.decided_at) AS at
                FROM fix_attempt JOIN family ON family.issue_id = fix_attempt.issue_id
                WHERE family.name = %(family)s AND fix_attempt.state = 'verified'
            ), well AS (
                SELECT greatest(max(ended.finished_at), (SELECT at FROM verified)) AS at
                FROM ended
                WHERE NOT failed AND outcome IN ('completed', 'no_changes_needed') AND continues IS NULL
            )
            SELECT count(*)
            FROM ended, well
            WHERE failed AND (well.at IS NULL OR finished_at > well.at)
            """,
            {"family": family, "workflows": workflows},
        ).fetchone()
    return found or 0


def keep_handover(conn: Connection[Any], issue_id: UUID, family: str, *, failures: int, at: datetime) -> bool:
    """The error is a person's; whether it was not before."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                """
                INSERT INTO handover (id, family, issue_id, failures, at)
                VALUES (%(id)s, %(family)s, %(issue_id)s, %(failures)s, %(at)s)
                ON CONFLICT (family) WHERE ended_at IS NULL DO UPDATE SET failures = excluded.failures
                RETURNING id = %(id)s
                """,
                {"id": new_id(), "issue_id": issue_id, "family": family, "failures": failures, "at": at},
            ).fetchone()
        )


def end_handover(conn: Connection[Any], family: str, *, at: datetime) -> bool:
    """Agents may try again; whether they might not before."""
    given = {"family": family, "at": at}
    return conn.execute("UPDATE handover SET ended_at = %(at)s WHERE family = %(family)s AND ended_at IS NULL", given).rowcount == 1


def find_handover(conn: Connection[Any], issue_id: UUID) -> dict[str, Any] | None:
    """Since when the issue's error is a person's (`at`), and after how many `failures`."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT at, failures FROM handover WHERE issue_id = %(issue_id)s AND ended_at IS NULL ORDER BY at LIMIT 1",
            {"issue_id": issue_id},
        ).fetchone()


def select_tried(conn: Connection[Any], issue_id: UUID, *, limit: int) -> list[Tried]:
    """The issue's latest ended runs, the oldest first."""
    with conn.cursor(row_factory=class_row(Tried)) as cursor:
        return cursor.execute(
            """
            SELECT run, workflow, outcome, summary, cost_usd, at, pull, fix, because
            FROM (
                SELECT run.id AS run, run.workflow, run.outcome, coalesce(run.summary, '') AS summary, run.cost_usd, run.finished_at AS at,
                       made.url AS pull, made.state AS fix, made.reason AS because
                FROM run
                LEFT JOIN LATERAL (
                    SELECT pull.url, fix_attempt.state, fix_attempt.reason
                    FROM pull LEFT JOIN fix_attempt ON fix_attempt.pull_id = pull.id
                    WHERE pull.run_id = run.id
                    ORDER BY pull.opened_at DESC
                    LIMIT 1
                ) AS made ON true
                WHERE run.issue_id = %(issue_id)s AND run.state = 'finished'
                ORDER BY run.finished_at DESC
                LIMIT %(limit)s
            ) AS latest
            ORDER BY at
            """,
            {"issue_id": issue_id, "limit": limit},
        ).fetchall()


def select_refuted(conn: Connection[Any], issue_id: UUID, *, limit: int) -> list[Refuted]:
    """Causes that it was not: those that an agent refuted, and those it had found and whose fix failed in production; the oldest first."""
    with conn.cursor(row_factory=class_row(Refuted)) as cursor:
        return cursor.execute(
            """
            SELECT thought ->> 'cause' AS cause,
                   CASE thought ->> 'verdict' WHEN 'refuted' THEN thought ->> 'because' ELSE failed.because END AS because, run.id AS run
            FROM run
            CROSS JOIN LATERAL jsonb_array_elements(run.causes) AS thought
            LEFT JOIN LATERAL (
                SELECT 'A fix that rests on it failed in production: ' || fix_attempt.reason AS because
                FROM pull JOIN fix_attempt ON fix_attempt.pull_id = pull.id
                WHERE pull.run_id = run.id AND fix_attempt.state = 'failed'
                LIMIT 1
            ) AS failed ON true
            WHERE run.issue_id = %(issue_id)s AND (thought ->> 'verdict' = 'refuted' OR failed.because IS NOT NULL)
            ORDER BY run.finished_at
            LIMIT %(limit)s
            """,
            {"issue_id": issue_id, "limit": limit},
        ).fetchall()
