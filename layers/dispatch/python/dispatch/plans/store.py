"""The SQL of plans."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from dispatch.kit.actors import Actor
from dispatch.plans.shapes import Plan
from dispatch.runs import PlanBody


def insert_plan(
    conn: Connection[Any],
    plan_id: UUID,
    *,
    issue_id: UUID,
    run_id: UUID,
    body: PlanBody,
    hash: str,
    base_commit: str | None,
    at: datetime,
) -> None:
    """The plan is the issue's next version."""
    conn.execute(
        """
        INSERT INTO plan (id, issue_id, version, state, run_id, body, hash, base_commit, proposed_at)
        SELECT %(id)s, %(issue_id)s, coalesce(max(version), 0) + 1, 'proposed', %(run_id)s, %(body)s, %(hash)s, %(base_commit)s, %(at)s
        FROM plan WHERE issue_id = %(issue_id)s
        """,
        {
            "id": plan_id,
            "issue_id": issue_id,
            "run_id": run_id,
            "body": Jsonb(body.model_dump(mode="json")),
            "hash": hash,
            "base_commit": base_commit,
            "at": at,
        },
    )


def supersede_plans(conn: Connection[Any], issue_id: UUID) -> None:
    """What was proposed or approved before is neither any more."""
    conn.execute(
        "UPDATE plan SET state = 'superseded' WHERE issue_id = %(issue_id)s AND state IN ('proposed', 'approved')", {"issue_id": issue_id}
    )


def set_decided(conn: Connection[Any], plan_id: UUID, *, state: str, by: Actor, feedback: str | None, cap_usd: Any, at: datetime) -> bool:
    """The plan is decided, if it was not before."""
    return (
        conn.execute(
            """
            UPDATE plan
            SET state = %(state)s, decided_at = %(at)s, decided_by = %(by)s, feedback = %(feedback)s, cap_usd = %(cap_usd)s
            WHERE id = %(id)s AND state = 'proposed'
            """,
            {
                "id": plan_id,
                "state": state,
                "by": Jsonb(by.model_dump(mode="json")),
                "feedback": feedback,
                "cap_usd": cap_usd,
                "at": at,
            },
        ).rowcount
        == 1
    )


def select_plans(conn: Connection[Any], *, issue_id: UUID | None, plan_id: UUID | None, version: int | None) -> list[Plan]:
    """The plans so meant, newest version first."""
    with conn.cursor(row_factory=class_row(Plan)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, version, state, run_id, body, hash, base_commit, proposed_at, decided_at, decided_by, feedback, cap_usd
            FROM plan
            WHERE (id = %(plan_id)s OR issue_id = %(issue_id)s) AND (%(version)s::integer IS NULL OR version = %(version)s)
            ORDER BY version DESC
            LIMIT 100
            """,
            {"issue_id": issue_id, "plan_id": plan_id, "version": version},
        ).fetchall()
