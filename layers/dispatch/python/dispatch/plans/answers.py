"""Answering an agent's question, and going on with the answer."""

from uuid import UUID

from dispatch import runs, spawning
from dispatch.kit.actors import Actor
from dispatch.kit.work import Work
from dispatch.plans.shapes import Answered
from dispatch.runs import Answer
from dispatch.spawning import NewSpawn


def answer_question(work: Work, question_id: UUID, answer: Answer, *, actor: Actor) -> Answered:
    """The question is answered; unless told not to, the same workflow goes on with it. Raises QuestionNotFound, AlreadyAnswered."""
    spawning.lock_admission(work)
    question = runs.answer_question(work, question_id, answer.answer, actor=actor)
    if not answer.resume:
        return Answered(question=question, spawn=None)
    workflow = runs.get_run(work, question.run_id).workflow
    spawn = spawning.request(work, question.issue_id, NewSpawn(workflow=workflow), actor=actor)
    return Answered(question=question, spawn=spawn)
