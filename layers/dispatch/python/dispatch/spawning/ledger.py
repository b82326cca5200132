"""Money: reserve before a run starts, settle once when it ends, correct upwards when a larger figure comes later."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import Connection


def reserve(conn: Connection[Any], *, run_id: UUID, generation: int, workflow: str, amount_usd: Decimal, at: datetime) -> None:
    """The run's worst case is set aside."""
    _insert(conn, run_id=run_id, generation=generation, workflow=workflow, kind="reserve", amount_usd=amount_usd, at=at, note="")


def settle(conn: Connection[Any], *, run_id: UUID, generation: int, workflow: str, amount_usd: Decimal, at: datetime, note: str) -> None:
    """The run has cost this much; said twice, it counts once."""
    _insert(conn, run_id=run_id, generation=generation, workflow=workflow, kind="settle", amount_usd=amount_usd, at=at, note=note)


def release(conn: Connection[Any], *, run_id: UUID, generation: int, workflow: str, at: datetime, note: str) -> None:
    """The run never had an agent: its reserve is free again and nothing was spent."""
    _insert(conn, run_id=run_id, generation=generation, workflow=workflow, kind="release", amount_usd=Decimal(), at=at, note=note)


def _insert(
    conn: Connection[Any], *, run_id: UUID, generation: int, workflow: str, kind: str, amount_usd: Decimal, at: datetime, note: str
) -> None:
    conn.execute(
        """
        INSERT INTO ledger (run_id, generation, workflow, kind, amount_usd, day, at, note)
        VALUES (%(run_id)s, %(generation)s, %(workflow)s, %(kind)s, %(amount_usd)s, %(day)s, %(at)s, %(note)s)
        ON CONFLICT (run_id, generation, kind) WHERE kind IN ('reserve', 'settle', 'release') DO NOTHING
        """,
        {
            "run_id": run_id,
            "generation": generation,
            "workflow": workflow,
            "kind": kind,
            "amount_usd": amount_usd,
            "day": _day(at),
            "at": at,
            "note": note,
        },
    )


def _day(at: datetime) -> Any:
    return at.astimezone(UTC).date()
