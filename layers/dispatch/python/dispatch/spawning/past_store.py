"""The SQL of looking back: the ledger's lines, and figures by day and by workflow, and what runs cost."""

from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.spawning.past_shapes import DayFigures, EndedRun, LedgerRow, LedgerTotals, WorkflowFigures


def select_ledger(conn: Connection[Any], *, day: date | None, before: int | None, limit: int) -> list[LedgerRow]:
    """Lines newest first, below that id; of one day or of all."""
    with conn.cursor(row_factory=class_row(LedgerRow)) as cursor:
        return cursor.execute(
            """
            SELECT ledger.id, ledger.at, ledger.day, kind, amount_usd, run_id, ledger.generation, run_card.identifier, ledger.workflow,
                   CASE WHEN customer.id IS NOT NULL THEN jsonb_build_object('name', customer.name, 'slug', customer.slug) END AS customer,
                   note
            FROM ledger
            LEFT JOIN run_card ON run_card.id = ledger.run_id
            LEFT JOIN customer ON customer.id = ledger.customer_id
            WHERE (%(day)s::date IS NULL OR ledger.day = %(day)s)
              AND (%(before)s::bigint IS NULL OR ledger.id < %(before)s)
            ORDER BY ledger.id DESC
            LIMIT %(limit)s
            """,
            {"day": day, "before": before, "limit": limit},
        ).fetchall()


def select_totals(conn: Connection[Any], *, day: date | None) -> LedgerTotals:
    """What is settled, and what is still set aside; of one day or of all."""
    with conn.cursor(row_factory=class_row(LedgerTotals)) as cursor:
        found = cursor.execute(
            """
            SELECT (
                SELECT coalesce(sum(amount_usd), 0) FROM ledger
                WHERE kind IN ('settle', 'correct') AND (%(day)s::date IS NULL OR day = %(day)s)
            ) AS settled_usd, (
                SELECT coalesce(sum(amount_usd), 0)
                FROM run JOIN ledger ON ledger.run_id = run.id AND ledger.generation = run.generation AND ledger.kind = 'reserve'
                WHERE run.state <> 'finished' AND (%(day)s::date IS NULL OR day = %(day)s)
            ) AS reserved_usd
            """,
            {"day": day},
        ).fetchone()
    assert found is not None  # noqa: S101 - a SELECT without FROM gives one row
    return found


def select_days(conn: Connection[Any], *, first: date, last: date) -> list[DayFigures]:
    """Every day from the first to the last, those without a run too."""
    with conn.cursor(row_factory=class_row(DayFigures)) as cursor:
        return cursor.execute(
            """
            WITH spent AS (
                SELECT day, count(*) FILTER (WHERE kind = 'reserve') AS runs,
                       sum(amount_usd) FILTER (WHERE kind IN ('settle', 'correct')) AS settled_usd
                FROM ledger
                WHERE day BETWEEN %(first)s AND %(last)s
                GROUP BY day
            ), ended AS (
                SELECT day, jsonb_object_agg(outcome, number) AS outcomes
                FROM (
                    SELECT (finished_at AT TIME ZONE 'UTC')::date AS day, outcome, count(*) AS number
                    FROM run
                    WHERE finished_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
                    GROUP BY 1, 2
                ) AS counted
                GROUP BY day
            ), proposed AS (
                SELECT (proposed_at AT TIME ZONE 'UTC')::date AS day, count(*) AS patches
                FROM patch
                WHERE verdict = 'accepted' AND proposed_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
                GROUP BY 1
            ), applied AS (
                SELECT (published_at AT TIME ZONE 'UTC')::date AS day, count(*) AS published
                FROM patch
                WHERE published_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
                GROUP BY 1
            )
            SELECT each.day::date AS day, coalesce(runs, 0) AS runs, coalesce(settled_usd, 0) AS settled_usd,
                   coalesce(outcomes, '{}') AS outcomes, coalesce(patches, 0) AS patches, coalesce(published, 0) AS published
            FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, '1 day') AS each (day)
            LEFT JOIN spent ON spent.day = each.day
            LEFT JOIN ended ON ended.day = each.day
            LEFT JOIN proposed ON proposed.day = each.day
            LEFT JOIN applied ON applied.day = each.day
            ORDER BY each.day
            """,
            {"first": first, "last": last},
        ).fetchall()


def select_workflows(conn: Connection[Any], *, first: date, last: date) -> list[WorkflowFigures]:
    """Every workflow that had a run or cost something in these days, the dearest first."""
    with conn.cursor(row_factory=class_row(WorkflowFigures)) as cursor:
        return cursor.execute(
            """
            WITH spent AS (
                SELECT workflow, count(*) FILTER (WHERE kind = 'reserve') AS runs,
                       coalesce(sum(amount_usd) FILTER (WHERE kind IN ('settle', 'correct')), 0) AS settled_usd
                FROM ledger
                WHERE day BETWEEN %(first)s AND %(last)s
                GROUP BY workflow
            ), ended AS (
                SELECT run.workflow,
                       count(*) FILTER (WHERE outcome IN ('completed', 'no_changes_needed', 'investigation_complete')) AS completed,
                       count(*) FILTER (WHERE outcome IN ('failed', 'lost')) AS failed,
                       count(*) FILTER (WHERE patch.verdict = 'accepted') AS patches,
                       percentile_cont(0.5) WITHIN GROUP (ORDER BY cost_usd::double precision) FILTER (
                           WHERE outcome NOT IN ('cancelled', 'lost') AND started_at IS NOT NULL AND cost_usd IS NOT NULL
                       ) AS median_usd,
                       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at)::double precision) FILTER (
                           WHERE outcome NOT IN ('cancelled', 'lost') AND started_at IS NOT NULL AND cost_usd IS NOT NULL
                       ) AS median_s
                FROM run LEFT JOIN patch ON patch.run_id = run.id
                WHERE finished_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
                GROUP BY run.workflow
            )
            SELECT workflow, coalesce(runs, 0) AS runs, coalesce(settled_usd, 0) AS settled_usd, median_usd::numeric, median_s,
                   coalesce(completed, 0) AS completed, coalesce(failed, 0) AS failed, coalesce(patches, 0) AS patches
            FROM spent FULL JOIN ended USING (workflow)
            ORDER BY settled_usd DESC, workflow
            """,
            {"first": first, "last": last},
        ).fetchall()


def sum_not_spent(conn: Connection[Any], *, first: date) -> Decimal:
    """What was not spent since that day, because errors healed before their runs started."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(
            """
            SELECT sum(not_spent_usd)
            FROM spawn
            WHERE not_spent_usd IS NOT NULL AND decided_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
            """,
            {"first": first},
        ).fetchone()
    return found or Decimal()


def select_ended(conn: Connection[Any], workflow: str, *, limit: int) -> list[EndedRun]:
    """The workflow's latest runs that had an agent, ended by their own result and were measured."""
    with conn.cursor(row_factory=class_row(EndedRun)) as cursor:
        return cursor.execute(
            """
            SELECT cost_usd, extract(epoch FROM finished_at - started_at)::double precision AS seconds
            FROM run
            WHERE workflow = %(workflow)s AND state = 'finished' AND outcome NOT IN ('cancelled', 'lost')
              AND started_at IS NOT NULL AND cost_usd IS NOT NULL
            ORDER BY finished_at DESC
            LIMIT %(limit)s
            """,
            {"workflow": workflow, "limit": limit},
        ).fetchall()
