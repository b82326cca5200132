"""The SQL of questions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from dispatch.kit.actors import Actor
from dispatch.runs.protocol import NewQuestion
from dispatch.runs.shapes import Question, Run


def insert_question(conn: Connection[Any], question_id: UUID, run: Run, new: NewQuestion, *, kind: str, at: datetime) -> None:
    """The question waits."""
    conn.execute(
        """
        INSERT INTO question (id, issue_id, run_id, kind, category, text, asked_at)
        VALUES (%(id)s, %(issue_id)s, %(run_id)s, %(kind)s, %(category)s, %(text)s, %(at)s)
        """,
        {
            "id": question_id,
            "issue_id": run.issue_id,
            "run_id": run.id,
            "kind": kind,
            "category": new.category,
            "text": new.text,
            "at": at,
        },
    )


def set_answer(conn: Connection[Any], question_id: UUID, answer: str, *, by: Actor, at: datetime) -> bool:
    """The question is answered, if it was not before; whether this answer was the first."""
    answered = conn.execute(
        """
        UPDATE question SET answer = %(answer)s, answered_by = %(by)s, answered_at = %(at)s
        WHERE id = %(id)s AND answered_at IS NULL
        """,
        {"id": question_id, "answer": answer, "by": Jsonb(by.model_dump(mode="json")), "at": at},
    )
    return answered.rowcount == 1


def select_questions(conn: Connection[Any], *, question_id: UUID | None, issue_id: UUID | None) -> list[Question]:
    """The question so meant, or those of an issue, oldest first."""
    with conn.cursor(row_factory=class_row(Question)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, identifier, run_id, kind, category, text, asked_at, answer, answered_by, answered_at
            FROM question_card
            WHERE id = %(question_id)s OR issue_id = %(issue_id)s
            ORDER BY asked_at
            """,
            {"question_id": question_id, "issue_id": issue_id},
        ).fetchall()
