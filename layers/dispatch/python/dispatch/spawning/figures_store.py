"""The SQL of the figures: one query, by indexes alone, since it is asked each minute."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.spawning.figure_shapes import Counted


def count_minute(conn: Connection[Any], *, since: datetime, until: datetime) -> Counted:
    """What happened from `since` until before `until`, and what waits at `until`."""
    return (
        conn.cursor(row_factory=class_row(Counted))
        .execute(
            """
            SELECT
                (SELECT count(*) FROM spawn
                 WHERE state = 'admitted' AND decided_at >= %(since)s AND decided_at < %(until)s) AS spawns_admitted,
                (SELECT count(*) FROM spawn
                 WHERE state = 'refused' AND created_at >= %(since)s AND created_at < %(until)s) AS spawns_refused,
                (SELECT count(*) FROM spawn WHERE state = 'waiting') AS spawns_waiting,
                (SELECT coalesce(extract(epoch FROM %(until)s - min(created_at)), 0) FROM spawn
                 WHERE state = 'waiting' AND created_at < %(until)s) AS oldest_waiting_s,
                (SELECT count(*) FROM run
                 WHERE (state <> 'finished' OR finished_at >= %(since)s)
                   AND started_at >= %(since)s AND started_at < %(until)s) AS runs_started,
                (SELECT count(*) FROM run WHERE finished_at >= %(since)s AND finished_at < %(until)s) AS runs_finished,
                (SELECT count(*) FROM run
                 WHERE finished_at >= %(since)s AND finished_at < %(until)s AND outcome IN ('failed', 'lost')) AS runs_failed
            """,
            {"since": since, "until": until},
        )
        .fetchone()
        or Counted()
    )
