"""The SQL of what decisions rest on: the books, which all share, and what is asked about an issue. Each is one statement, one moment."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection, Cursor
from psycopg.rows import class_row, scalar_row

from dispatch.kit import clock
from dispatch.spawning.fact_shapes import Asked, Books, WaitingSpawn

# What happens in admission is the same few statements, looked up by keys: planning them anew each time would take longer than they do.
ADMISSION = 0x5350_4157_4E  # SPAWN

BOOKS: LiteralString = """
WITH moment AS MATERIALIZED (SELECT clock_timestamp() + %(ahead)s AS at)
SELECT jsonb_build_object(
    'at', moment.at,
    'policy', (
        SELECT jsonb_build_object('version', version, 'limits', limits, 'changed_by', changed_by)
        FROM policy ORDER BY version DESC LIMIT 1
    ),
    'unfinished', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('workflow', run.workflow, 'customer_id', held.customer_id, 'family', spawn.family,
                                                     'reserve_usd', run.cap_usd::text)), '[]')
        FROM run
        JOIN ledger AS held ON held.run_id = run.id AND held.generation = run.generation AND held.kind = 'reserve'
        LEFT JOIN spawn ON spawn.run_id = run.id
        WHERE run.state <> 'finished'
    ),
    'today', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('workflow', workflow, 'customer_id', customer_id, 'spawns', spawns,
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
        SELECT coalesce(jsonb_agg(jsonb_build_object('scope', scope, 'value', value, 'reason', reason) ORDER BY closed_at), '[]')
        FROM kill_switch WHERE opened_at IS NULL
    ),
    'breakers', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('scope', scope, 'value', value, 'failures', failures, 'failed_at', failed_at)), '[]')
        FROM breaker WHERE failures > 0
    ),
    'wanted', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('resource', waits_for, 'band', band)), '[]')
        FROM (
            SELECT waits_for, min(spawn_band(issue.priority, spawn.created_at, moment.at)) AS band
            FROM spawn JOIN issue ON issue.id = spawn.issue_id
            WHERE spawn.state = 'waiting' AND waits_for IS NOT NULL
            GROUP BY waits_for
        ) AS waiting
    )
)::text
FROM moment
"""


def lock_admission(conn: Connection[Any]) -> None:
    """Nobody else admits, or joins the queue, until this work ends: two requests can never both take the last place."""
    conn.execute("SELECT pg_advisory_xact_lock(%(key)s), set_config('plan_cache_mode', 'force_generic_plan', true)", {"key": ADMISSION})


def share_admission(conn: Connection[Any]) -> None:
    """Nobody admits until this work ends, but others may join the queue as well."""
    conn.execute(
        "SELECT pg_advisory_xact_lock_shared(%(key)s), set_config('plan_cache_mode', 'force_generic_plan', true)", {"key": ADMISSION}
    )


def lock_issue(conn: Connection[Any], issue_id: UUID) -> None:
    """The issue is held until the work ends."""
    conn.execute("SELECT id FROM issue WHERE id = %(id)s FOR NO KEY UPDATE", {"id": issue_id})


def select_books(conn: Connection[Any]) -> Books:
    """What all decisions share."""
    return _books(_ask_books(conn))


def select_about(
    conn: Connection[Any],
    issue_id: UUID,
    *,
    workflow: str,
    family: str | None,
    automatic: bool,
    continues: UUID | None,
    spawn_id: UUID | None = None,
) -> Asked | None:
    """What the gates ask about the issue, for a waiting spawn or a new one; None where the issue is gone."""
    return _ask_about(
        conn, issue_id, workflow=workflow, family=family, automatic=automatic, continues=continues, spawn_id=spawn_id
    ).fetchone()


def select_books_and_about(
    conn: Connection[Any], issue_id: UUID, *, workflow: str, family: str | None, automatic: bool, continues: UUID | None
) -> tuple[Books, Asked | None]:
    """What all decisions share, and what the gates ask about the issue for a new spawn; in a pipeline, in one round trip."""
    about = _ask_about(conn, issue_id, workflow=workflow, family=family, automatic=automatic, continues=continues, spawn_id=None)
    books = _ask_books(conn)
    return _books(books), about.fetchone()


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


def _ask_books(conn: Connection[Any]) -> Cursor[str]:
    return conn.cursor(row_factory=scalar_row).execute(BOOKS, {"ahead": clock.ahead()})


def _books(cursor: Cursor[str]) -> Books:
    text = cursor.fetchone()
    assert text is not None  # noqa: S101 - there is one moment
    return Books.model_validate_json(text)


def _ask_about(
    conn: Connection[Any],
    issue_id: UUID,
    *,
    workflow: str,
    family: str | None,
    automatic: bool,
    continues: UUID | None,
    spawn_id: UUID | None,
) -> Cursor[Asked]:
    return conn.cursor(row_factory=class_row(Asked)).execute(
        """
        SELECT spawn_id, workflow, automatic, issue_id, issue, issue_open, unfinished_run, waiting_spawn, plan_id, plan_cap_usd,
               plan_approved_at, has_work_to_test, customer_id, customer, customer_name, family, family_started_at, waiting_reviews,
               priority, run_left_usd(%(continues)s) AS left_usd
        FROM spawn_about(%(spawn_id)s, %(issue_id)s, %(workflow)s, %(family)s, %(automatic)s)
        """,
        {
            "spawn_id": spawn_id,
            "issue_id": issue_id,
            "workflow": workflow,
            "family": family,
            "automatic": automatic,
            "continues": continues,
        },
    )
