"""Questions and blockers of agents, and people's answers, which the next run is told."""

from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from dispatch import issues, stream
from dispatch.kit.actors import Actor
from dispatch.kit.errors import Conflict, NotFound
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work
from dispatch.runs.service import get_run, tell
from dispatch.runs.shapes import NewQuestion, Outcome, Question, Run


class QuestionNotFound(NotFound):
    """There is no such question."""


class AlreadyAnswered(Conflict):
    """This question has an answer already."""


def ask_question(work: Work, run: Run, new: NewQuestion, *, outcome: Outcome, actor: Actor) -> Question:
    """The question waits for a person. A run that ended blocked asks as a blocker."""
    question_id = new_id()
    kind = "blocker" if outcome is Outcome.BLOCKED else "question"
    work.conn.execute(
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
            "at": work.now,
        },
    )
    tell(work, run, Event.QUESTION_ASKED, actor=actor, text=new.text, category=new.category, asked_as=kind)
    return _changed(work, question_id)


def answer_question(work: Work, question_id: UUID, answer: str, *, actor: Actor) -> Question:
    """The question is answered, once. Raises QuestionNotFound, AlreadyAnswered."""
    answered = work.conn.execute(
        """
        UPDATE question SET answer = %(answer)s, answered_by = %(actor)s, answered_at = %(at)s
        WHERE id = %(id)s AND answered_at IS NULL
        """,
        {"id": question_id, "answer": answer, "actor": Jsonb(actor.model_dump(mode="json")), "at": work.now},
    )
    question = get_question(work, question_id)
    if answered.rowcount == 0:
        by = question.answered_by.name if question.answered_by else "somebody"
        raise AlreadyAnswered(f"{by} has answered this already.")
    tell(work, get_run(work, question.run_id), Event.QUESTION_ANSWERED, actor=actor, text=answer)
    return _changed(work, question_id)


def get_question(work: Work, question_id: UUID) -> Question:
    """The question. Raises QuestionNotFound."""
    found = _select(work, id=question_id, issue_id=None)
    if not found:
        raise QuestionNotFound
    return found[0]


def list_questions(work: Work, issue_id: UUID) -> list[Question]:
    """What agents asked on this issue, oldest first."""
    return _select(work, id=None, issue_id=issue_id)


def _changed(work: Work, question_id: UUID) -> Question:
    question = get_question(work, question_id)
    stream.publish(work, f"issue:{question.issue_id}", Event.QUESTION_CHANGED, question)
    issues.publish_card(work, question.issue_id)
    return question


def _select(work: Work, **wanted: Any) -> list[Question]:
    with work.conn.cursor(row_factory=class_row(Question)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, identifier, run_id, kind, category, text, asked_at, answer, answered_by, answered_at
            FROM question_card
            WHERE id = %(id)s OR issue_id = %(issue_id)s
            ORDER BY asked_at
            """,
            wanted,
        ).fetchall()
