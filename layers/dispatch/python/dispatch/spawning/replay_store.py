"""The SQL of the stored past, as a replay reads it."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.spawning.replay_shapes import PastSpawn, PastSwitch


def select_past(conn: Connection[Any], *, since: datetime) -> list[PastSpawn]:
    """The requests since then, and those from before that still waited or ran; oldest first."""
    with conn.cursor(row_factory=class_row(PastSpawn)) as cursor:
        return cursor.execute(
            """
            SELECT spawn.id, spawn.issue_id, issue.identifier, right(issue.priority, 1)::integer AS priority, spawn.created_at,
                   spawn.decided_at, spawn.state, said.waited, said.gates[1] AS first_gate,
                   coalesce(policy.limits -> 'max_agent_cost_by_workflow' ->> spawn.workflow,
                            policy.limits ->> 'max_agent_cost_per_run')::numeric AS ceiling_usd,
                   first.inputs AS facts, CASE WHEN said.last > said.first THEN last.inputs END AS last_facts,
                   spawn.run_id, plan.run_id AS planned_by, run.created_at AS admitted_at,
                   extract(epoch FROM run.started_at - run.created_at)::double precision AS started_s,
                   extract(epoch FROM run.finished_at - run.created_at)::double precision AS lasted_s,
                   run.outcome, run.cap_usd,
                   coalesce(paid.cost_usd, 0) AS cost_usd,
                   EXISTS (SELECT FROM patch WHERE patch.run_id = run.id AND patch.verdict = 'accepted') AS has_patch,
                   EXISTS (
                       SELECT FROM plan AS made
                       WHERE made.run_id = run.id AND made.decided_at IS NOT NULL AND made.state <> 'returned'
                   ) AS has_plan
            FROM spawn
            JOIN issue ON issue.id = spawn.issue_id
            LEFT JOIN run ON run.id = spawn.run_id
            LEFT JOIN plan ON plan.id = run.plan_id
            LEFT JOIN (
                SELECT run_id, sum(amount_usd) AS cost_usd
                FROM ledger
                WHERE kind IN ('settle', 'correct') AND day >= (%(since)s::timestamptz AT TIME ZONE 'UTC')::date
                GROUP BY run_id
            ) AS paid ON paid.run_id = run.id
            CROSS JOIN LATERAL (
                SELECT min(id) AS first, max(id) AS last, bool_or(verdict = 'waits') AS waited, array_agg(gate ORDER BY id) AS gates
                FROM decision WHERE spawn_id = spawn.id
            ) AS said
            JOIN decision AS first ON first.id = said.first
            JOIN decision AS last ON last.id = said.last
            LEFT JOIN policy ON policy.version = first.policy_version
            WHERE spawn.created_at >= %(since)s
               OR spawn.decided_at >= %(since)s
               OR spawn.state = 'waiting'
               OR run.finished_at >= %(since)s
               OR run.state <> 'finished'
            ORDER BY spawn.created_at, spawn.id
            """,
            {"since": since},
        ).fetchall()


def select_switches(conn: Connection[Any], *, since: datetime) -> list[PastSwitch]:
    """The kill switches that were closed at any moment since then."""
    with conn.cursor(row_factory=class_row(PastSwitch)) as cursor:
        return cursor.execute(
            """
            SELECT scope, value, reason, closed_at, opened_at
            FROM kill_switch
            WHERE opened_at IS NULL OR opened_at >= %(since)s
            ORDER BY closed_at
            """,
            {"since": since},
        ).fetchall()
