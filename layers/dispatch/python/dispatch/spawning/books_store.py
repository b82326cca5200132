"""The SQL of what decisions rest on: the books, which all share, and what is asked about an issue. Each is one statement, one moment."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.kit import clock
from dispatch.kit.settings import settings
from dispatch.spawning.fact_shapes import Asked, Books, Known, WaitingSpawn

KNOWN: LiteralString = """
WITH moment AS MATERIALIZED (
    SELECT clock_timestamp() + %(ahead)s AS at
), queue AS MATERIALIZED (
    SELECT queue.* FROM moment, spawn_queue(moment.at, %(issue_id)s) AS queue
)
SELECT json_build_object('books', json_build_object(
    'at', moment.at,
    'policy', (
        SELECT json_build_object('version', version, 'limits', limits, 'changed_by', changed_by)
        FROM policy ORDER BY version DESC LIMIT 1
    ),
    'unfinished', (
        SELECT coalesce(json_agg(json_build_object('workflow', run.workflow, 'customer_id', held.customer_id, 'family', spawn.family,
                                                   'reserve_usd', run.cap_usd::text)), '[]')
        FROM run
        JOIN ledger AS held ON held.run_id = run.id AND held.generation = run.generation AND held.kind = 'reserve'
        LEFT JOIN spawn ON spawn.run_id = run.id
        WHERE run.state <> 'finished'
    ),
    'today', (
        SELECT coalesce(json_agg(json_build_object('workflow', workflow, 'customer_id', customer_id, 'spawns', spawns,
                                                   'settled_usd', settled_usd::text)), '[]')
        FROM (
            SELECT workflow, customer_id, count(*) FILTER (WHERE kind = 'reserve') AS spawns,
                   coalesce(sum(amount_usd) FILTER (WHERE kind IN ('settle', 'correct')), 0) AS settled_usd
            FROM ledger
            WHERE day = (moment.at AT TIME ZONE 'UTC')::date
            GROUP BY workflow, customer_id
        ) AS spent
    ),
    'kill_switches', (
        SELECT coalesce(json_agg(json_build_object('scope', scope, 'value', value, 'reason', reason) ORDER BY closed_at), '[]')
        FROM kill_switch WHERE opened_at IS NULL
    ),
    'breakers', (
        SELECT coalesce(json_agg(json_build_object('scope', scope, 'value', value, 'failures', failures, 'failed_at', failed_at)), '[]')
        FROM breaker WHERE failures > 0
    ),
    'deploying_since', (
        SELECT max(began_at) FROM deployment WHERE repository = lower(%(repository)s) AND state = 'in_progress'
    ),
    'wanted', (
        SELECT coalesce(json_agg(json_build_object('resource', waits_for, 'band', band)), '[]')
        FROM (SELECT waits_for, min(band) AS band FROM queue WHERE waits_for IS NOT NULL GROUP BY waits_for) AS waiting
    )
), 'asked', (
    SELECT row_to_json(asked)
    FROM (
        SELECT about.*, run_left_usd(%(continues)s) AS left_usd, (SELECT place FROM queue WHERE spawn_id IS NULL) AS place
        FROM spawn_about(NULL, %(issue_id)s, %(workflow)s, %(family)s, %(automatic)s) AS about
    ) AS asked
))::text
FROM moment
"""


def select_books(conn: Connection[Any]) -> Books:
    """What all decisions share."""
    return _select_known(conn, issue_id=None, workflow=None, family=None, automatic=None, continues=None).books


def select_books_and_asked(
    conn: Connection[Any], issue_id: UUID, *, workflow: str, family: str | None, automatic: bool, continues: UUID | None
) -> tuple[Books, Asked]:
    """What all decisions share, and what the gates ask about the issue, which the work holds, for a new spawn."""
    known = _select_known(conn, issue_id=issue_id, workflow=workflow, family=family, automatic=automatic, continues=continues)
    assert known.asked is not None  # noqa: S101 - the issue is held
    return known.books, known.asked


def select_asked(conn: Connection[Any], one: WaitingSpawn) -> Asked | None:
    """What the gates ask about the waiting spawn; None where its issue is gone."""
    with conn.cursor(row_factory=class_row(Asked)) as cursor:
        return cursor.execute(
            """
            SELECT spawn_id, workflow, automatic, issue_id, issue, issue_open, unfinished_run, waiting_spawn, plan_id, plan_cap_usd,
                   plan_approved_at, has_work_to_test, customer_id, customer, customer_name, family, family_started_at, waiting_reviews,
                   priority, occurrences, failed_in_a_row, fix_under_way, run_left_usd(%(continues)s) AS left_usd
            FROM spawn_about(%(spawn_id)s, %(issue_id)s, %(workflow)s, %(family)s, %(automatic)s)
            """,
            {
                "spawn_id": one.id,
                "issue_id": one.asked.issue_id,
                "workflow": one.workflow,
                "family": one.asked.family,
                "automatic": one.asked.automatic,
                "continues": one.continues,
            },
        ).fetchone()


def select_queue(conn: Connection[Any], *, at: datetime) -> list[UUID]:
    """The ids of all waiting spawns, in the order of the queue."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT spawn_id FROM spawn_queue(%(at)s) ORDER BY place", {"at": at}).fetchall()


def select_waiting(conn: Connection[Any], ids: list[UUID]) -> list[WaitingSpawn]:
    """These waiting spawns, in this order, with what the gates ask about each."""
    with conn.cursor(row_factory=class_row(WaitingSpawn)) as cursor:
        return cursor.execute(
            """
            SELECT spawn.id, spawn.workflow, spawn.asked_by, spawn.words, spawn.cap_usd, spawn.continues, spawn.forced_because, spawn.cause,
                   spawn.waits_for, (SELECT gate FROM decision WHERE spawn_id = spawn.id ORDER BY id DESC LIMIT 1) AS gate,
                   to_jsonb(about) || jsonb_build_object('left_usd', run_left_usd(spawn.continues)) AS asked
            FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS queue (spawn_id, place)
            JOIN spawn ON spawn.id = queue.spawn_id
            CROSS JOIN LATERAL spawn_about(
                spawn.id, spawn.issue_id, spawn.workflow, spawn.cause ->> 'family', spawn.cause IS NOT NULL
            ) AS about
            ORDER BY queue.place
            """,
            {"ids": ids},
        ).fetchall()


def _select_known(conn: Connection[Any], **asked: Any) -> Known:
    row: Any = conn.execute(KNOWN, {"ahead": clock.ahead(), "repository": settings().github_repo, **asked}).fetchone()
    return Known.model_validate_json(row[0])
