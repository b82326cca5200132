"""The SQL of lists of runs."""

from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.runs.shapes import RunFilter, RunSummary


def select_runs(
    conn: Connection[Any], wanted: RunFilter, *, unfinished: bool = False, after: list[Any] | None = None, limit: int
) -> list[RunSummary]:
    """Newest first; `unfinished` leaves out what has ended, `after` is the age and id of the last one seen."""
    with conn.cursor(row_factory=class_row(RunSummary)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, identifier, workflow, state, outcome, summary, generation, created_at, started_at, finished_at,
                   heartbeat_at, cap_usd, cost_usd, metered_usd, model, num_turns, last_line, external_url, continues
            FROM run_card
            WHERE (%(issue_id)s::uuid IS NULL OR issue_id = %(issue_id)s)
              AND (%(workflow)s::text IS NULL OR workflow = %(workflow)s)
              AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
              AND (%(state)s::text IS NULL OR state = %(state)s)
              AND (NOT %(unfinished)s OR state <> 'finished')
              AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid))
            ORDER BY created_at DESC, id DESC
            LIMIT %(limit)s
            """,
            {
                **wanted.model_dump(),
                "unfinished": unfinished,
                "at": after[0] if after else None,
                "id": after[1] if after else None,
                "limit": limit,
            },
        ).fetchall()
