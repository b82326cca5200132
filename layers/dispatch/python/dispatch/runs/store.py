"""The SQL of runs."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from dispatch.runs.patch_shapes import Checkout
from dispatch.runs.protocol import Result
from dispatch.runs.shapes import NewRun, Run


def insert_run(conn: Connection[Any], run_id: UUID, new: NewRun, *, came_from: UUID, at: datetime) -> None:
    """The run waits in the queue. The unique partial index refuses a second unfinished run of the issue."""
    conn.execute(
        """
        INSERT INTO run (id, issue_id, workflow, state, repository, words, plan_id, continues, came_from_status, cap_usd, created_at)
        VALUES (%(id)s, %(issue_id)s, %(workflow)s, 'queued', %(repository)s, %(words)s, %(plan_id)s, %(continues)s, %(came_from)s,
                %(cap_usd)s, %(at)s)
        """,
        {"id": run_id, "came_from": came_from, "at": at, **new.model_dump()},
    )


def select_run(conn: Connection[Any], run_id: UUID) -> Run | None:
    """The run as it is."""
    with conn.cursor(row_factory=class_row(Run)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, identifier, workflow, state, outcome, summary, generation, created_at, starting_at, started_at,
                   finished_at, heartbeat_at, cap_usd, cost_usd, metered_usd, model, num_turns, last_line, external_url, external_id,
                   repository, brief, trust, checkout, words, plan_id, continues, came_from_status, usage, checks, proof, engine, report,
                   causes, base_commit, head_commit, token_expires_at
            FROM run_card
            WHERE id = %(id)s
            """,
            {"id": run_id},
        ).fetchone()


def lock_run(conn: Connection[Any], run_id: UUID) -> None:
    """The run's row is held until the work ends. Others may still refer to it: they would wait for us, and we for them."""
    conn.execute("SELECT id FROM run WHERE id = %(id)s FOR NO KEY UPDATE", {"id": run_id})


def find_by_token(conn: Connection[Any], token_hash: bytes) -> UUID | None:
    """The run whose token this is."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT id FROM run WHERE token_hash = %(hash)s", {"hash": token_hash}).fetchone()


def is_claimed_by(conn: Connection[Any], run_id: UUID, claim_hash: bytes) -> bool:
    """Whether this very claim won, and nothing has been heard of its agent yet."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                """
                SELECT claim_hash = %(hash)s AND NOT EXISTS (SELECT FROM run_event WHERE run_id = run.id)
                FROM run
                WHERE id = %(id)s
                """,
                {"id": run_id, "hash": claim_hash},
            ).fetchone()
        )


def set_claimed(
    conn: Connection[Any], run_id: UUID, *, claim_hash: bytes | None, token_hash: bytes, expires_at: datetime, at: datetime
) -> None:
    """The run runs, and its claim and token are known by their hashes."""
    conn.execute(
        """
        UPDATE run
        SET state = 'running', started_at = %(at)s, heartbeat_at = %(at)s, claim_hash = %(claim_hash)s,
            token_hash = %(token_hash)s, token_expires_at = %(expires_at)s
        WHERE id = %(id)s
        """,
        {"id": run_id, "claim_hash": claim_hash, "token_hash": token_hash, "expires_at": expires_at, "at": at},
    )


def set_brief(conn: Connection[Any], run_id: UUID, brief: str, *, trust: str, checkout: Checkout | None) -> None:
    """What the agent is told is kept, the least origin in it, and where it begins."""
    conn.execute(
        "UPDATE run SET brief = %(brief)s, trust = %(trust)s, checkout = %(checkout)s WHERE id = %(id)s",
        {"id": run_id, "brief": brief, "trust": trust, "checkout": Jsonb(checkout.model_dump()) if checkout else None},
    )


def set_heartbeat(conn: Connection[Any], run_id: UUID, *, metered_usd: float | None, at: datetime) -> None:
    """The run lives, and has spent at least this much."""
    conn.execute(
        """
        UPDATE run
        SET heartbeat_at = %(at)s, metered_usd = greatest(metered_usd, %(metered_usd)s)
        WHERE id = %(id)s
        """,
        {"id": run_id, "metered_usd": metered_usd, "at": at},
    )


def set_last_line(conn: Connection[Any], run_id: UUID, *, line: str | None, metered_usd: float | None, model: str | None) -> None:
    """What lists show of a run's newest events; None leaves what was there."""
    conn.execute(
        """
        UPDATE run
        SET last_line = coalesce(%(line)s, last_line),
            metered_usd = greatest(metered_usd, %(metered_usd)s),
            model = coalesce(%(model)s, model)
        WHERE id = %(id)s
        """,
        {"id": run_id, "line": line, "metered_usd": metered_usd, "model": model},
    )


def insert_event_numbers(conn: Connection[Any], run_id: UUID, seqs: list[int]) -> set[int]:
    """Those of the numbers that had not arrived before."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return set(
            cursor.execute(
                """
                INSERT INTO run_event (run_id, seq)
                SELECT %(run_id)s, seq FROM unnest(%(seqs)s::integer[]) AS seq
                ON CONFLICT DO NOTHING
                RETURNING seq
                """,
                {"run_id": run_id, "seqs": seqs},
            ).fetchall()
        )


def newest_event_number(conn: Connection[Any], run_id: UUID) -> int:
    """The highest number that has arrived; 0 where none has."""
    row = conn.execute("SELECT max(seq) FROM run_event WHERE run_id = %(id)s", {"id": run_id}).fetchone()
    return (row[0] if row else None) or 0


def set_finished(
    conn: Connection[Any], run_id: UUID, *, outcome: str, summary: str, result: Result | None, cost_usd: Any, at: datetime
) -> None:
    """The run has ended; what its result tells is kept."""
    conn.execute(
        """
        UPDATE run
        SET state = 'finished', outcome = %(outcome)s, summary = %(summary)s, finished_at = %(at)s, cost_usd = %(cost_usd)s,
            quiet_at = CASE WHEN %(by_result)s OR started_at IS NULL THEN %(at)s::timestamptz END,
            usage = %(usage)s, model = coalesce(%(model)s, model), num_turns = %(num_turns)s, checks = %(checks)s, proof = %(proof)s,
            engine = %(engine)s, report = %(report)s, causes = %(causes)s, base_commit = %(base_commit)s, head_commit = %(head_commit)s
        WHERE id = %(id)s
        """,
        {
            "id": run_id,
            "outcome": outcome,
            "summary": summary,
            "by_result": result is not None,
            "at": at,
            "cost_usd": cost_usd,
            "usage": Jsonb(result.usage) if result and result.usage else None,
            "model": result.model if result else None,
            "num_turns": result.num_turns if result else None,
            "checks": Jsonb([check.model_dump(mode="json") for check in result.checks] if result else []),
            "proof": Jsonb(result.proof.model_dump(mode="json")) if result and result.proof else None,
            "engine": Jsonb(result.engine) if result and result.engine else None,
            "report": result.report if result else None,
            "causes": Jsonb([cause.model_dump(mode="json") for cause in result.causes] if result else []),
            "base_commit": result.base_commit if result else None,
            "head_commit": result.head_commit if result else None,
        },
    )


def set_stopped(conn: Connection[Any], run_id: UUID, switch_id: UUID) -> None:
    """The run was ended by that kill switch."""
    conn.execute("UPDATE run SET stopped_by = %(switch_id)s WHERE id = %(id)s", {"id": run_id, "switch_id": switch_id})


def set_quiet(conn: Connection[Any], run_id: UUID, *, at: datetime) -> bool:
    """It is known that no agent acts for the finished run any more; False where it was known already, or the run has not ended."""
    return (
        conn.execute(
            "UPDATE run SET quiet_at = %(at)s WHERE id = %(id)s AND state = 'finished' AND quiet_at IS NULL", {"id": run_id, "at": at}
        ).rowcount
        == 1
    )


def select_not_quiet(conn: Connection[Any], *, since: datetime) -> list[UUID]:
    """Finished runs of which nobody knows yet that their agent is gone, the latest first."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM run
            WHERE state = 'finished' AND quiet_at IS NULL AND finished_at > %(since)s
            ORDER BY finished_at DESC
            LIMIT 30
            """,
            {"since": since},
        ).fetchall()


def set_cost(conn: Connection[Any], run_id: UUID, cost_usd: Any) -> None:
    """The run has cost at least this much."""
    conn.execute("UPDATE run SET cost_usd = greatest(cost_usd, %(cost_usd)s) WHERE id = %(id)s", {"id": run_id, "cost_usd": cost_usd})


def note_sweep(conn: Connection[Any], *, longest_gap: timedelta, at: datetime) -> None:
    """The sweep has come; after a longer gap than that, it begins anew."""
    conn.execute(
        """
        INSERT INTO sweep (at, unbroken_since)
        VALUES (%(at)s, %(at)s)
        ON CONFLICT (id) DO UPDATE
        SET at = excluded.at,
            unbroken_since = CASE WHEN excluded.at - sweep.at > %(gap)s THEN excluded.at ELSE sweep.unbroken_since END
        """,
        {"gap": longest_gap, "at": at},
    )


def select_lost(conn: Connection[Any], *, silent_since: datetime, unclaimed_since: datetime) -> list[UUID]:
    """Runs that stopped beating, and runs that were started and never claimed; none while the sweep itself has not come for so long."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM run
            WHERE ((state = 'running' AND heartbeat_at < %(silent_since)s) OR (state = 'starting' AND starting_at < %(unclaimed_since)s))
              AND EXISTS (SELECT FROM sweep WHERE unbroken_since <= %(silent_since)s)
            ORDER BY created_at
            LIMIT 100
            """,
            {"silent_since": silent_since, "unclaimed_since": unclaimed_since},
        ).fetchall()


def count_outcomes(conn: Connection[Any], since: datetime) -> dict[str, int]:
    """How many runs ended how since then."""
    return dict(
        conn.execute("SELECT outcome, count(*) FROM run WHERE finished_at >= %(since)s GROUP BY outcome", {"since": since}).fetchall()
    )
