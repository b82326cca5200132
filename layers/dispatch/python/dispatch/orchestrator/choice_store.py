"""The SQL of choices."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from dispatch.kit.actors import Actor
from dispatch.orchestrator.shapes import AskedChoice, Option, SpawnAction

Database = Connection[Any]


def insert_choice(
    conn: Database,
    choice_id: UUID,
    *,
    turn_id: UUID,
    chat_id: UUID,
    tool_use_id: str,
    question: str,
    options: Sequence[Option],
    action: SpawnAction,
    at: datetime,
) -> None:
    """The question stands open."""
    conn.execute(
        """
        INSERT INTO choice (id, turn_id, chat_id, tool_use_id, question, options, action, created_at)
        VALUES (%(id)s, %(turn_id)s, %(chat_id)s, %(tool_use_id)s, %(question)s, %(options)s, %(action)s, %(at)s)
        """,
        {
            "id": choice_id,
            "turn_id": turn_id,
            "chat_id": chat_id,
            "tool_use_id": tool_use_id,
            "question": question,
            "options": Jsonb([option.model_dump() for option in options]),
            "action": Jsonb(action.model_dump(mode="json")),
            "at": at,
        },
    )


def find_choice(conn: Database, choice_id: UUID) -> AskedChoice | None:
    """The choice, or None."""
    with conn.cursor(row_factory=class_row(AskedChoice)) as cursor:
        return cursor.execute(
            """
            SELECT id, question, options, state, taken, turn_id, chat_id, tool_use_id, action, taken_by
            FROM choice
            WHERE id = %(id)s
            """,
            {"id": choice_id},
        ).fetchone()


def select_choices(conn: Database, turn_ids: Sequence[UUID]) -> list[AskedChoice]:
    """Every choice asked in these turns, oldest first."""
    with conn.cursor(row_factory=class_row(AskedChoice)) as cursor:
        return cursor.execute(
            """
            SELECT id, question, options, state, taken, turn_id, chat_id, tool_use_id, action, taken_by
            FROM choice
            WHERE turn_id = ANY(%(ids)s)
            ORDER BY created_at, id
            """,
            {"ids": list(turn_ids)},
        ).fetchall()


def take_choice(conn: Database, choice_id: UUID, *, option: str, taken_by: Actor, at: datetime) -> None:
    """The choice is taken."""
    conn.execute(
        """
        UPDATE choice
        SET state = 'taken', taken = %(option)s, taken_by = %(taken_by)s, taken_at = %(at)s
        WHERE id = %(id)s AND state = 'open'
        """,
        {"id": choice_id, "option": option, "taken_by": Jsonb(taken_by.model_dump(mode="json")), "at": at},
    )


def expire_choices(conn: Database, chat_id: UUID, *, issue_id: UUID, workflow: str) -> list[AskedChoice]:
    """Open questions of the chat about the same spawn are closed, as a newer one takes their place; returns them."""
    with conn.cursor(row_factory=class_row(AskedChoice)) as cursor:
        return cursor.execute(
            """
            UPDATE choice
            SET state = 'expired'
            WHERE chat_id = %(chat_id)s
              AND state = 'open'
              AND action ->> 'issue_id' = %(issue_id)s
              AND action ->> 'workflow' = %(workflow)s
            RETURNING id, question, options, state, taken, turn_id, chat_id, tool_use_id, action, taken_by
            """,
            {"chat_id": chat_id, "issue_id": str(issue_id), "workflow": workflow},
        ).fetchall()
