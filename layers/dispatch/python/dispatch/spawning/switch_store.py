"""The SQL of kill switches and breakers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from dispatch.kit.actors import Actor
from dispatch.spawning.limit_shapes import Breaker, KillSwitch, NewSwitch


def insert_switch(conn: Connection[Any], switch_id: UUID, new: NewSwitch, *, by: Actor, at: datetime) -> bool:
    """The switch is closed; False where one of the same scope is already."""
    return (
        conn.execute(
            """
            INSERT INTO kill_switch (id, scope, value, reason, closed_by, closed_at)
            VALUES (%(id)s, %(scope)s, %(value)s, %(reason)s, %(by)s, %(at)s)
            ON CONFLICT (scope, value) WHERE opened_at IS NULL DO NOTHING
            """,
            {"id": switch_id, "by": Jsonb(by.model_dump(mode="json")), "at": at, **new.model_dump()},
        ).rowcount
        == 1
    )


def set_opened(conn: Connection[Any], switch_id: UUID, *, by: Actor, at: datetime) -> bool:
    """The switch is open; False where there is none that is closed."""
    return (
        conn.execute(
            "UPDATE kill_switch SET opened_by = %(by)s, opened_at = %(at)s WHERE id = %(id)s AND opened_at IS NULL",
            {"id": switch_id, "by": Jsonb(by.model_dump(mode="json")), "at": at},
        ).rowcount
        == 1
    )


def select_switches(conn: Connection[Any], *, switch_id: UUID | None, closed: bool, limit: int) -> list[KillSwitch]:
    """Kill switches, newest first: one, those that are closed, or all."""
    with conn.cursor(row_factory=class_row(KillSwitch)) as cursor:
        return cursor.execute(
            """
            SELECT id, scope, value, reason, closed_by, closed_at, opened_by, opened_at, coalesce(ended.stopped, 0) AS stopped,
                   coalesce(ended.quiet, 0) AS quiet,
                   CASE WHEN ended.quiet = ended.stopped THEN extract(epoch FROM ended.last_at - closed_at)::float END AS quiet_s
            FROM kill_switch
            LEFT JOIN LATERAL (
                SELECT count(*) AS stopped, count(quiet_at) AS quiet, max(quiet_at) AS last_at
                FROM run
                WHERE stopped_by = kill_switch.id
            ) AS ended ON true
            WHERE (%(id)s::uuid IS NULL OR id = %(id)s)
              AND (NOT %(closed)s OR opened_at IS NULL)
            ORDER BY closed_at DESC
            LIMIT %(limit)s
            """,
            {"id": switch_id, "closed": closed, "limit": limit},
        ).fetchall()


def select_in_scope(conn: Connection[Any], new: NewSwitch) -> list[UUID]:
    """The unfinished runs that the switch concerns, oldest first."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT run.id
            FROM run LEFT JOIN spawn ON spawn.run_id = run.id
            WHERE run.state <> 'finished'
              AND CASE %(scope)s
                  WHEN 'workflow' THEN run.workflow = %(value)s
                  WHEN 'repository' THEN run.repository = %(value)s
                  WHEN 'family' THEN spawn.family = %(value)s
                  ELSE true
              END
            ORDER BY run.created_at
            """,
            new.model_dump(include={"scope", "value"}),
        ).fetchall()


def count_failure(conn: Connection[Any], run_id: UUID, *, workflow: str, failed: bool, at: datetime) -> None:
    """The breakers of the run's workflow and family know how it ended: one more failure in a row, or none any more."""
    conn.execute(
        """
        INSERT INTO breaker (scope, value, failures, failed_at)
        SELECT scope, value, CASE WHEN %(failed)s THEN 1 ELSE 0 END, %(at)s
        FROM (
            SELECT 'workflow' AS scope, %(workflow)s AS value
            UNION ALL
            SELECT 'family', family FROM spawn WHERE run_id = %(run_id)s AND family IS NOT NULL
        ) AS named
        ORDER BY scope
        ON CONFLICT (scope, value) DO UPDATE
        SET failures = CASE WHEN %(failed)s THEN breaker.failures + 1 ELSE 0 END,
            failed_at = CASE WHEN %(failed)s THEN excluded.failed_at ELSE breaker.failed_at END
        WHERE %(failed)s OR breaker.failures > 0
        """,
        {"run_id": run_id, "workflow": workflow, "failed": failed, "at": at},
    )


def reset_breaker(conn: Connection[Any], *, scope: str, value: str) -> bool:
    """The breaker has seen no failure; False where it had not anyway."""
    return (
        conn.execute(
            "UPDATE breaker SET failures = 0 WHERE scope = %(scope)s AND value = %(value)s AND failures > 0",
            {"scope": scope, "value": value},
        ).rowcount
        == 1
    )


def select_breakers(conn: Connection[Any]) -> list[Breaker]:
    """Breakers that have seen a failure, the latest first; `probing` where a run of it has not ended."""
    with conn.cursor(row_factory=class_row(Breaker)) as cursor:
        return cursor.execute(
            """
            SELECT scope, value, failures, failed_at,
                   EXISTS (
                       SELECT FROM run LEFT JOIN spawn ON spawn.run_id = run.id
                       WHERE run.state <> 'finished'
                         AND breaker.value = CASE breaker.scope WHEN 'workflow' THEN run.workflow ELSE spawn.family END
                   ) AS probing
            FROM breaker
            WHERE failures > 0
            ORDER BY failed_at DESC
            LIMIT 100
            """
        ).fetchall()
