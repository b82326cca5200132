"""Money: reserve before a run starts, settle once when it ends, correct upwards when a larger figure comes later."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import Connection

from dispatch.runs import Run


def reserve(conn: Connection[Any], run: Run, *, customer_id: UUID | None, at: datetime) -> None:
    """The run's worst case is set aside."""
    conn.execute(
        """
        INSERT INTO ledger (run_id, generation, workflow, customer_id, kind, amount_usd, day, at)
        VALUES (%(run_id)s, %(generation)s, %(workflow)s, %(customer_id)s, 'reserve', %(amount_usd)s, %(day)s, %(at)s)
        ON CONFLICT (run_id, generation, kind) WHERE kind IN ('reserve', 'settle', 'release') DO NOTHING
        """,
        {**_named(run, run.cap_usd, at), "customer_id": customer_id},
    )


def settle(conn: Connection[Any], run: Run, amount_usd: Decimal, *, at: datetime, note: str) -> None:
    """The run has cost this much; said twice, it counts once."""
    _close(conn, run, "settle", amount_usd, at=at, note=note)


def release(conn: Connection[Any], run: Run, *, at: datetime, note: str) -> None:
    """The run never had an agent: its reserve is free again and nothing was spent."""
    _close(conn, run, "release", Decimal(), at=at, note=note)


def correct(conn: Connection[Any], run: Run, amount_usd: Decimal, *, at: datetime, note: str) -> bool:
    """What the run has cost in all is at least this; True where more was written. The caller holds the run, and it is settled."""
    return (
        conn.execute(
            """
            INSERT INTO ledger (run_id, generation, workflow, customer_id, kind, amount_usd, day, at, note)
            SELECT %(run_id)s, %(generation)s, %(workflow)s, min(customer_id::text)::uuid, 'correct', %(amount_usd)s - sum(amount_usd),
                   %(day)s, %(at)s, %(note)s
            FROM ledger
            WHERE run_id = %(run_id)s AND generation = %(generation)s AND kind IN ('settle', 'correct')
            HAVING sum(amount_usd) < %(amount_usd)s
            """,
            {**_named(run, amount_usd, at), "note": note},
        ).rowcount
        > 0
    )


def _close(conn: Connection[Any], run: Run, kind: str, amount_usd: Decimal, *, at: datetime, note: str) -> None:
    """For whom the run was is as its reserve says: the issue may be another's by now."""
    conn.execute(
        """
        INSERT INTO ledger (run_id, generation, workflow, customer_id, kind, amount_usd, day, at, note)
        SELECT run_id, generation, workflow, customer_id, %(kind)s, %(amount_usd)s, %(day)s, %(at)s, %(note)s
        FROM ledger
        WHERE run_id = %(run_id)s AND generation = %(generation)s AND kind = 'reserve'
          AND NOT EXISTS (
              SELECT FROM ledger AS closed
              WHERE closed.run_id = %(run_id)s AND closed.generation = %(generation)s AND closed.kind IN ('settle', 'release')
          )
        ON CONFLICT (run_id, generation, kind) WHERE kind IN ('reserve', 'settle', 'release') DO NOTHING
        """,
        {**_named(run, amount_usd, at), "kind": kind, "note": note},
    )


def _named(run: Run, amount_usd: Decimal, at: datetime) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "generation": run.generation,
        "workflow": run.workflow,
        "amount_usd": amount_usd,
        "day": at.astimezone(UTC).date(),
        "at": at,
    }
