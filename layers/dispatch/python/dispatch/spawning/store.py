"""The SQL of admission, spawns and decisions."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from dispatch.kit.actors import Actor
from dispatch.runs import WORKFLOWS, Bucket
from dispatch.spawning.shapes import Decision, Facts, InboxItem, NewSpawn, Ruling, Spawn, WaitingSpawn

ERROR_WORKFLOWS = [name for name, workflow in WORKFLOWS.items() if workflow.bucket is Bucket.ERROR]


def lock_admission(conn: Connection[Any]) -> None:
    """Nobody else admits until this work ends: two requests can never both take the last place."""
    conn.execute("SELECT id FROM admission FOR UPDATE")


def select_counts(conn: Connection[Any], *, at: datetime) -> dict[str, Any]:
    """What runs, what started today, what is reserved and what is settled, as of one moment: one statement, one snapshot."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            """
            SELECT running.error AS running_error, running.prd AS running_prd, running.reserved_usd,
                   today.error AS spawns_today_error, today.prd AS spawns_today_prd, settled.usd AS settled_usd
            FROM (
                SELECT count(*) FILTER (WHERE workflow = ANY(%(error)s)) AS error,
                       count(*) FILTER (WHERE workflow <> ALL(%(error)s)) AS prd,
                       coalesce(sum(cap_usd), 0) AS reserved_usd
                FROM run WHERE state <> 'finished'
            ) AS running, (
                SELECT count(*) FILTER (WHERE workflow = ANY(%(error)s)) AS error,
                       count(*) FILTER (WHERE workflow <> ALL(%(error)s)) AS prd
                FROM ledger WHERE day = %(day)s AND kind = 'reserve'
            ) AS today, (
                SELECT coalesce(sum(amount_usd), 0) AS usd
                FROM ledger WHERE day = %(day)s AND kind IN ('settle', 'correct')
            ) AS settled
            """,
            {"error": ERROR_WORKFLOWS, "day": at.astimezone(UTC).date()},
        ).fetchone()
    assert row is not None  # noqa: S101 - aggregates always give a row
    return row


def select_issue_facts(conn: Connection[Any], issue_id: UUID, *, apart_from: UUID | None) -> dict[str, Any] | None:
    """What the gates ask about the issue, held until the work ends; the waiting spawn `apart_from` does not stand in its own way."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT issue.identifier AS issue, NOT status.is_closed AS issue_open,
                   (SELECT workflow || ', ' || state FROM run WHERE issue_id = issue.id AND state <> 'finished') AS unfinished_run,
                   EXISTS (
                       SELECT FROM spawn WHERE issue_id = issue.id AND state = 'waiting' AND id IS DISTINCT FROM %(apart_from)s
                   ) AS waiting_spawn,
                   approved.id AS plan_id, approved.cap_usd AS plan_cap_usd,
                   EXISTS (SELECT FROM plan WHERE plan.issue_id = issue.id)
                   OR EXISTS (SELECT FROM patch JOIN run ON run.id = patch.run_id WHERE run.issue_id = issue.id) AS has_work_to_test
            FROM issue
            JOIN status ON status.id = issue.status_id
            LEFT JOIN LATERAL (
                SELECT plan.id, plan.cap_usd FROM plan
                WHERE plan.issue_id = issue.id AND plan.state = 'approved'
                ORDER BY plan.version DESC
                LIMIT 1
            ) AS approved ON true
            WHERE issue.id = %(issue_id)s
            FOR NO KEY UPDATE OF issue
            """,
            {"issue_id": issue_id, "apart_from": apart_from},
        ).fetchone()


def insert_spawn(
    conn: Connection[Any],
    spawn_id: UUID,
    issue_id: UUID,
    new: NewSpawn,
    *,
    asked_by: Actor,
    automatic: bool,
    reserve_usd: Decimal,
    state: str,
    run_id: UUID | None,
    at: datetime,
) -> None:
    """The spawn is written with what became of it."""
    conn.execute(
        """
        INSERT INTO spawn (id, issue_id, workflow, asked_by, automatic, words, reserve_usd, state, run_id, created_at, decided_at)
        VALUES (%(id)s, %(issue_id)s, %(workflow)s, %(asked_by)s, %(automatic)s, %(words)s, %(reserve_usd)s, %(state)s, %(run_id)s,
                %(at)s, %(at)s)
        """,
        {
            "id": spawn_id,
            "issue_id": issue_id,
            "workflow": new.workflow,
            "asked_by": Jsonb(asked_by.model_dump(mode="json")),
            "automatic": automatic,
            "words": new.words,
            "reserve_usd": reserve_usd,
            "state": state,
            "run_id": run_id,
            "at": at,
        },
    )


def set_spawn(conn: Connection[Any], spawn_id: UUID, *, state: str, run_id: UUID | None, at: datetime) -> None:
    """The waiting spawn waits no more."""
    conn.execute(
        "UPDATE spawn SET state = %(state)s, run_id = %(run_id)s, decided_at = %(at)s WHERE id = %(id)s AND state = 'waiting'",
        {"id": spawn_id, "state": state, "run_id": run_id, "at": at},
    )


def insert_decision(conn: Connection[Any], spawn_id: UUID, ruling: Ruling, facts: Facts, *, policy_version: int, at: datetime) -> None:
    """What the gates said is kept, with every input."""
    conn.execute(
        """
        INSERT INTO decision (spawn_id, at, verdict, gate, reason, would_turn, inputs, policy_version)
        VALUES (%(spawn_id)s, %(at)s, %(verdict)s, %(gate)s, %(reason)s, %(would_turn)s, %(inputs)s, %(policy_version)s)
        """,
        {
            "spawn_id": spawn_id,
            "at": at,
            **ruling.model_dump(mode="json"),
            "inputs": Jsonb(facts.model_dump(mode="json")),
            "policy_version": policy_version,
        },
    )


def select_spawns(conn: Connection[Any], *, spawn_id: UUID | None, waiting: bool) -> list[Spawn]:
    """One spawn, or those that wait, in the order in which they will be offered."""
    with conn.cursor(row_factory=class_row(Spawn)) as cursor:
        return cursor.execute(
            """
            SELECT spawn.id, spawn.issue_id, issue.identifier, spawn.workflow, spawn.state, spawn.run_id, queue.place,
                   newest.reason, newest.gate, spawn.created_at
            FROM spawn
            JOIN issue ON issue.id = spawn.issue_id
            CROSS JOIN LATERAL (
                SELECT reason, gate FROM decision WHERE spawn_id = spawn.id ORDER BY id DESC LIMIT 1
            ) AS newest
            LEFT JOIN (
                SELECT spawn.id, row_number() OVER (ORDER BY issue.priority, spawn.created_at, spawn.id) AS place
                FROM spawn JOIN issue ON issue.id = spawn.issue_id
                WHERE spawn.state = 'waiting'
            ) AS queue ON queue.id = spawn.id
            WHERE (%(spawn_id)s::uuid IS NULL OR spawn.id = %(spawn_id)s)
              AND (NOT %(waiting)s OR spawn.state = 'waiting')
            ORDER BY queue.place
            LIMIT 200
            """,
            {"spawn_id": spawn_id, "waiting": waiting},
        ).fetchall()


def select_waiting(conn: Connection[Any]) -> list[WaitingSpawn]:
    """The waiting spawns in the order in which they are offered: most urgent first, then oldest."""
    with conn.cursor(row_factory=class_row(WaitingSpawn)) as cursor:
        return cursor.execute(
            """
            SELECT spawn.id, spawn.issue_id, spawn.workflow, spawn.asked_by, spawn.automatic, spawn.words, spawn.reserve_usd
            FROM spawn JOIN issue ON issue.id = spawn.issue_id
            WHERE spawn.state = 'waiting'
            ORDER BY issue.priority, spawn.created_at, spawn.id
            LIMIT 200
            """
        ).fetchall()


def withdraw_waiting(conn: Connection[Any], issue_id: UUID, *, at: datetime) -> bool:
    """The issue's waiting spawn is withdrawn; whether there was one."""
    return (
        conn.execute(
            "UPDATE spawn SET state = 'withdrawn', decided_at = %(at)s WHERE issue_id = %(issue_id)s AND state = 'waiting'",
            {"issue_id": issue_id, "at": at},
        ).rowcount
        > 0
    )


def select_decisions(conn: Connection[Any], issue_id: UUID, *, limit: int) -> list[Decision]:
    """What the gates said about the issue's spawns, newest first."""
    with conn.cursor(row_factory=class_row(Decision)) as cursor:
        return cursor.execute(
            """
            SELECT decision.id, spawn_id, decision.at, spawn.workflow, verdict, gate, reason, would_turn, inputs, spawn.asked_by
            FROM decision JOIN spawn ON spawn.id = decision.spawn_id
            WHERE spawn.issue_id = %(issue_id)s
            ORDER BY decision.id DESC
            LIMIT %(limit)s
            """,
            {"issue_id": issue_id, "limit": limit},
        ).fetchall()


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
