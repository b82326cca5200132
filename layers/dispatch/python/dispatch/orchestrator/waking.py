"""Telling the turn worker that there is something to do."""

from dispatch.kit import queue
from dispatch.kit.work import Work
from dispatch.orchestrator.shapes import StoredTurn

ONCE_EVERY_S = 30  # one more message for the same turn is worth sending this often; the queue drops the others


def wake(work: Work, turn: StoredTurn) -> None:
    """After the commit the queue has a message for the turn."""
    once = f"{turn.id}:{turn.attempt}:{int(work.now.timestamp()) // ONCE_EVERY_S}"
    work.after_commit(lambda: queue.wake_turns({"turn_id": str(turn.id)}, group=str(turn.chat_id), once=once))
