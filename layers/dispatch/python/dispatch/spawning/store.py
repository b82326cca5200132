"""The SQL of admission, spawns and decisions."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.kit.actors import Actor
from dispatch.spawning.fact_shapes import Decided
from dispatch.spawning.locks import PLACES
from dispatch.spawning.shapes import CustomerKey, Decision, DecisionFilter, InboxItem, NewSpawn, Spawn


def insert_spawn(
    conn: Connection[Any], spawn_id: UUID, new: NewSpawn, decided: Decided, *, state: str, run_id: UUID | None, asked_by: Actor
) -> None:
    """The spawn is written with its decision and what became of it, once nobody else is being admitted."""
    conn.execute(
        """
        WITH places AS MATERIALIZED (
            SELECT pg_advisory_xact_lock_shared(%(places)s)
        ), decided AS (
            INSERT INTO spawn (id, issue_id, workflow, asked_by, cause, family, words, cap_usd, continues, forced_because, state, waits_for,
                               run_id, created_at, decided_at)
            SELECT %(spawn_id)s, %(issue_id)s, %(workflow)s, %(asked_by)s, %(cause)s, %(family)s, %(words)s, %(cap_usd)s, %(continues)s,
                   %(forced_because)s, %(state)s, %(waits_for)s, %(run_id)s, %(at)s, %(at)s
            FROM places
        )
        INSERT INTO decision (spawn_id, at, verdict, gate, reason, would_turn, inputs, policy_version)
        VALUES (%(spawn_id)s, %(at)s, %(verdict)s, %(gate)s, %(reason)s, %(would_turn)s, %(inputs)s, %(policy_version)s)
        """,
        {
            **_decision(spawn_id, decided),
            "places": PLACES,
            "issue_id": decided.asked.issue_id,
            "workflow": new.workflow,
            "asked_by": asked_by.model_dump_json(),
            "cause": decided.facts.cause.model_dump_json() if decided.facts.cause else None,
            "family": decided.asked.family,
            "words": new.words,
            "cap_usd": new.cap_usd,
            "continues": new.continues,
            "forced_because": new.force_because,
            "state": state,
            "waits_for": decided.ruling.waits_for,
            "run_id": run_id,
        },
    )


def set_spawn(conn: Connection[Any], spawn_id: UUID, *, state: str, run_id: UUID | None, family: str | None, at: datetime) -> None:
    """The waiting spawn waits no more."""
    conn.execute(
        """
        UPDATE spawn
        SET state = %(state)s, waits_for = NULL, run_id = %(run_id)s, family = %(family)s, decided_at = %(at)s
        WHERE id = %(id)s AND state = 'waiting'
        """,
        {"id": spawn_id, "state": state, "run_id": run_id, "family": family, "at": at},
    )


def set_forced(conn: Connection[Any], issue_id: UUID, because: str) -> UUID | None:
    """The issue's waiting spawn is forced from now on; its id, None where none waits."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "UPDATE spawn SET forced_because = %(because)s WHERE issue_id = %(issue_id)s AND state = 'waiting' RETURNING id",
            {"issue_id": issue_id, "because": because},
        ).fetchone()


def set_waits_for(conn: Connection[Any], spawn_id: UUID, waits_for: str | None) -> bool:
    """The waiting spawn waits for something else now; False where it is gone with its issue."""
    given = {"id": spawn_id, "waits_for": waits_for}
    return conn.execute("UPDATE spawn SET waits_for = %(waits_for)s WHERE id = %(id)s", given).rowcount == 1


def insert_decision(conn: Connection[Any], spawn_id: UUID, decided: Decided) -> None:
    """What the gates said is kept, with every input."""
    conn.execute(
        """
        INSERT INTO decision (spawn_id, at, verdict, gate, reason, would_turn, inputs, policy_version)
        VALUES (%(spawn_id)s, %(at)s, %(verdict)s, %(gate)s, %(reason)s, %(would_turn)s, %(inputs)s, %(policy_version)s)
        """,
        _decision(spawn_id, decided),
    )


def _decision(spawn_id: UUID, decided: Decided) -> dict[str, Any]:
    ruling = decided.ruling
    return {
        "spawn_id": spawn_id,
        "at": decided.at,
        "verdict": ruling.verdict,
        "gate": ruling.gate,
        "reason": ruling.reason,
        "would_turn": ruling.would_turn,
        "inputs": decided.facts.model_dump_json(),
        "policy_version": decided.policy_version,
    }


def select_spawn(conn: Connection[Any], spawn_id: UUID) -> Spawn:
    """The spawn, without its place in the queue."""
    with conn.cursor(row_factory=class_row(Spawn)) as cursor:
        found = cursor.execute(
            """
            SELECT id, issue_id, identifier, priority, customer, workflow, automatic, forced_because, state, run_id, NULL AS place,
                   reason, would_turn, gate, continues, created_at
            FROM spawn_card
            WHERE id = %(spawn_id)s
            """,
            {"spawn_id": spawn_id},
        ).fetchone()
    assert found is not None  # noqa: S101 - spawns are kept
    return found


def list_waiting(conn: Connection[Any], *, at: datetime, limit: int) -> list[Spawn]:
    """The waiting spawns in the order in which they will be offered."""
    with conn.cursor(row_factory=class_row(Spawn)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, identifier, priority, customer, workflow, automatic, forced_because, state, run_id, place,
                   reason, would_turn, gate, continues, created_at
            FROM spawn_card JOIN spawn_queue(%(at)s) AS queue ON queue.spawn_id = spawn_card.id
            ORDER BY place
            LIMIT %(limit)s
            """,
            {"at": at, "limit": limit},
        ).fetchall()


def waits_for_a_person(conn: Connection[Any], issue_id: UUID) -> bool:
    """Whether what waits for the issue started by itself, and would start at once if a person asked for it."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                """
                SELECT gate IN ('cooldown', 'occurrences', 'deployment', 'review_capacity')
                FROM spawn JOIN decision ON decision.spawn_id = spawn.id
                WHERE issue_id = %(issue_id)s AND state = 'waiting' AND cause IS NOT NULL
                ORDER BY decision.id DESC
                LIMIT 1
                """,
                {"issue_id": issue_id},
            ).fetchone()
        )


def was_refused(conn: Connection[Any], issue_id: UUID, reason: str) -> bool:
    """Whether the last of the issue's spawns was one that started by itself, and was refused for this reason."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                """
                SELECT spawn.state = 'refused' AND spawn.cause IS NOT NULL AND decision.reason = %(reason)s
                FROM spawn JOIN decision ON decision.spawn_id = spawn.id
                WHERE spawn.issue_id = %(issue_id)s
                ORDER BY decision.id DESC
                LIMIT 1
                """,
                {"issue_id": issue_id, "reason": reason},
            ).fetchone()
        )


def find_waiting_by_itself(conn: Connection[Any], issue_id: UUID) -> UUID | None:
    """The issue's waiting spawn that nobody asked for."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "SELECT id FROM spawn WHERE issue_id = %(issue_id)s AND state = 'waiting' AND cause IS NOT NULL", {"issue_id": issue_id}
        ).fetchone()


def has_healed(conn: Connection[Any], issue_id: UUID) -> bool:
    """Whether the last of the issue's spawns was withdrawn because its error healed."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                """
                SELECT state = 'withdrawn' AND cause IS NOT NULL AND withdrawn_because IS NOT NULL
                FROM spawn
                WHERE issue_id = %(issue_id)s
                ORDER BY created_at DESC
                LIMIT 1
                """,
                {"issue_id": issue_id},
            ).fetchone()
        )


def withdraw_waiting(conn: Connection[Any], issue_id: UUID, *, because: str | None, not_spent_usd: Decimal | None, at: datetime) -> bool:
    """The issue's waiting spawn is withdrawn; whether there was one."""
    return (
        conn.execute(
            """
            UPDATE spawn
            SET state = 'withdrawn', waits_for = NULL, withdrawn_because = %(because)s, not_spent_usd = %(not_spent_usd)s,
                decided_at = %(at)s
            WHERE issue_id = %(issue_id)s AND state = 'waiting'
            """,
            {"issue_id": issue_id, "because": because, "not_spent_usd": not_spent_usd, "at": at},
        ).rowcount
        > 0
    )


def select_decisions(conn: Connection[Any], wanted: DecisionFilter, *, before: int | None, limit: int) -> list[Decision]:
    """What the gates said, newest first, below that id."""
    with conn.cursor(row_factory=class_row(Decision)) as cursor:
        return cursor.execute(
            """
            SELECT decision.id, spawn_id, issue.identifier, decision.at, spawn.workflow, verdict, gate, reason, would_turn, inputs,
                   policy_version, spawn.asked_by
            FROM decision
            JOIN spawn ON spawn.id = decision.spawn_id
            JOIN issue ON issue.id = spawn.issue_id
            WHERE (%(issue_id)s::uuid IS NULL OR spawn.issue_id = %(issue_id)s)
              AND (%(verdict)s::text IS NULL OR verdict = %(verdict)s)
              AND (%(gate)s::text IS NULL OR gate = %(gate)s)
              AND (%(before)s::bigint IS NULL OR decision.id < %(before)s)
            ORDER BY decision.id DESC
            LIMIT %(limit)s
            """,
            {"before": before, "limit": limit, **wanted.model_dump()},
        ).fetchall()


def select_customers(conn: Connection[Any], ids: list[UUID]) -> list[CustomerKey]:
    """The customers with these ids, by name."""
    with conn.cursor(row_factory=class_row(CustomerKey)) as cursor:
        return cursor.execute("SELECT id, name, slug FROM customer WHERE id = ANY(%(ids)s) ORDER BY name", {"ids": ids}).fetchall()


def select_inbox(conn: Connection[Any], *, limit: int) -> list[InboxItem]:
    """What waits for a person, oldest first."""
    with conn.cursor(row_factory=class_row(InboxItem)) as cursor:
        return cursor.execute(
            """
            SELECT kind, jsonb_build_object('id', issue.id, 'identifier', issue.identifier, 'title', issue.title) AS issue, at,
                   left(text, 500) AS text, ref
            FROM inbox JOIN issue ON issue.id = inbox.issue_id
            ORDER BY at
            LIMIT %(limit)s
            """,
            {"limit": limit},
        ).fetchall()
