"""Questions and blockers of agents, and people's answers, which the next run is told."""

from uuid import UUID

from dispatch import issues, stream
from dispatch.kit.actors import Actor
from dispatch.kit.errors import Conflict, NotFound
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work
from dispatch.runs import question_store
from dispatch.runs.protocol import NewQuestion
from dispatch.runs.service import get_run, tell
from dispatch.runs.shapes import Outcome, Question, Run


class QuestionNotFound(NotFound):
    """There is no such question."""


class AlreadyAnswered(Conflict):
    """This question has an answer already."""


def ask_question(work: Work, run: Run, new: NewQuestion, *, outcome: Outcome, actor: Actor) -> Question:
    """The question waits for a person. A run that ended blocked asks as a blocker."""
    question_id = new_id()
    kind = "blocker" if outcome is Outcome.BLOCKED else "question"
    question_store.insert_question(work.conn, question_id, run, new, kind=kind, at=work.now)
    tell(work, run, Event.QUESTION_ASKED, actor=actor, text=new.text, category=new.category, asked_as=kind)
    return _changed(work, question_id)


def answer_question(work: Work, question_id: UUID, answer: str, *, actor: Actor) -> Question:
    """The question is answered, once. Raises QuestionNotFound, AlreadyAnswered."""
    is_first = question_store.set_answer(work.conn, question_id, answer, by=actor, at=work.now)
    question = get_question(work, question_id)
    if not is_first:
        by = question.answered_by.name if question.answered_by else "somebody"
        raise AlreadyAnswered(f"{by} has answered this already.")
    tell(work, get_run(work, question.run_id), Event.QUESTION_ANSWERED, actor=actor, text=answer)
    return _changed(work, question_id)


def get_question(work: Work, question_id: UUID) -> Question:
    """The question. Raises QuestionNotFound."""
    found = question_store.select_questions(work.conn, question_id=question_id, issue_id=None)
    if not found:
        raise QuestionNotFound
    return found[0]


def list_questions(work: Work, issue_id: UUID) -> list[Question]:
    """What agents asked on this issue, oldest first."""
    return question_store.select_questions(work.conn, question_id=None, issue_id=issue_id)


def _changed(work: Work, question_id: UUID) -> Question:
    question = get_question(work, question_id)
    stream.publish(work, f"issue:{question.issue_id}", Event.QUESTION_CHANGED, question)
    issues.publish_card(work, question.issue_id)
    return question
