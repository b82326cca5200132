"""The locks of admission. Each is held until the work ends.

Whoever asks shares the admission, so that what comes free is not offered behind their back; whoever offers, or changes what all decisions
rest on, has it alone. Of those who ask, one at a time may take a place: nobody joins the queue meanwhile. The order is always the same:
the admission, the issue, the places.
"""

from typing import Any
from uuid import UUID

from psycopg import Connection

ADMISSION = 0x5350_4157_4E  # SPAWN
PLACES = ADMISSION + 1

# What happens in admission is the same few statements, looked up by keys: planning them anew each time would take longer than they do.


def lock_admission(conn: Connection[Any]) -> None:
    """Nobody else asks for a spawn, or offers, until this work ends."""
    conn.execute("SELECT pg_advisory_xact_lock(%(key)s), set_config('plan_cache_mode', 'force_generic_plan', true)", {"key": ADMISSION})


def share_admission(conn: Connection[Any], issue_id: UUID) -> bool:
    """Nobody offers until this work ends, and the issue is held; False where there is no such issue."""
    return (
        conn.execute(
            """
            WITH admission AS MATERIALIZED (
                SELECT pg_advisory_xact_lock_shared(%(key)s), set_config('plan_cache_mode', 'force_generic_plan', true)
            )
            SELECT issue.id FROM admission, issue WHERE issue.id = %(issue_id)s FOR NO KEY UPDATE OF issue
            """,
            {"key": ADMISSION, "issue_id": issue_id},
        ).rowcount
        == 1
    )


def lock_places(conn: Connection[Any]) -> None:
    """Nobody else is admitted, or joins the queue, until this work ends: two requests can never both take the last place."""
    conn.execute("SELECT pg_advisory_xact_lock(%(key)s)", {"key": PLACES})


def lock_issue(conn: Connection[Any], issue_id: UUID) -> None:
    """The issue is held until the work ends."""
    conn.execute("SELECT id FROM issue WHERE id = %(id)s FOR NO KEY UPDATE", {"id": issue_id})
