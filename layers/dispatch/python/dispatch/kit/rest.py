"""Rest: while nothing is under way and nobody is connected, the verifier leaves the database alone, so that it can pause.

Two things say so: a parameter outside the database, which the verifier reads before it connects, and a row in it, which everybody sees who
connects, and who then ends the rest. Where REST_PARAMETER names none, nothing ever rests. The worst that a process can leave behind
when it dies is a rest that nobody ends: it ends by itself, at a quarter of the day at the latest.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from psycopg import Connection

from dispatch.kit import clock
from dispatch.kit.log import logger

LONGEST = timedelta(hours=6)  # from one of 00, 06, 12 and 18 o'clock UTC to the next: then what is done each hour, and each day, is done
WORTH_IT = timedelta(minutes=15)  # a database pauses after five minutes, and takes its time to wake


def is_possible() -> bool:
    """Whether this database is ever left alone."""
    return _parameter() != ""


def rests_until() -> datetime | None:
    """Until when the database is to be left alone; None where it is not, or nobody can say."""
    if not is_possible():
        return None
    try:
        until = datetime.fromisoformat(_parameters().get_parameter(Name=_parameter())["Parameter"]["Value"])
    except Exception:  # noqa: BLE001 - who cannot be told works
        logger.exception("whether there is a rest cannot be read")
        return None
    return until if until > clock.now() else None


def begin_rest(conn: Connection[Any]) -> datetime | None:
    """The rest begins, if nothing is under way and nobody else is connected; returns until when.

    The row is there before the parameter, and both before the last look: who connected until then is seen by it, and who connects later
    sees the row.
    """
    until = _idle_until(conn) if is_possible() else None
    if until is None:
        return None
    conn.execute(
        """
        INSERT INTO rest (since, until)
        VALUES (%(now)s, %(until)s)
        ON CONFLICT (is_on) DO UPDATE SET since = excluded.since, until = excluded.until
        """,
        {"now": clock.now(), "until": until},
    )
    _tell(until)
    if _is_resting(conn) and _idle_until(conn):
        return until
    _end(conn)
    return None


def end_rest(conn: Connection[Any]) -> None:
    """There is no rest. Never fails: where the parameter cannot be written the row stays, and the next to connect tries again."""
    if not is_possible():
        return
    try:
        if _is_resting(conn):
            _end(conn)
    except Exception:  # noqa: BLE001 - whoever came has work to do, rest or not
        logger.exception("a rest could not be ended")


def _end(conn: Connection[Any]) -> None:
    _tell(clock.now())
    conn.execute("DELETE FROM rest")


def _is_resting(conn: Connection[Any]) -> bool:
    return conn.execute("SELECT FROM rest").fetchone() is not None


def _idle_until(conn: Connection[Any]) -> datetime | None:
    """When something is due next; None where it is too soon to be worth a rest, or somebody else is connected."""
    row = conn.execute(
        """
        SELECT min(at)
        FROM due
        HAVING NOT EXISTS (
            SELECT
            FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'dispatch' AND pid <> pg_backend_pid()
        )
        """
    ).fetchone()
    if row is None:
        return None
    now = clock.now()
    until = min(row[0] or datetime.max.replace(tzinfo=UTC), _next_quarter(now))
    return until if until - now >= WORTH_IT else None


def _next_quarter(now: datetime) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + ((now - midnight) // LONGEST + 1) * LONGEST


def _tell(until: datetime) -> None:
    _parameters().put_parameter(Name=_parameter(), Value=until.isoformat(), Type="String", Overwrite=True)


def _parameter() -> str:
    return os.environ.get("REST_PARAMETER", "")


@cache
def _parameters() -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs] - 270 ms of CPU: only who rests, or ends it, pays for it
    from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]

    patience: Any = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2})  # who came waits for it
    return boto3.client("ssm", config=patience)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
