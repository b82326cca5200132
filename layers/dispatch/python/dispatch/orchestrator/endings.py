"""How a turn ends: no tool call is left without an answer, and everybody who watches hears why it is over."""

from decimal import Decimal
from typing import Any

from dispatch import stream
from dispatch.kit.events import Event
from dispatch.kit.log import logger
from dispatch.kit.work import Work
from dispatch.orchestrator import chat_store, store, tool_store
from dispatch.orchestrator.shapes import Reason, Round, StoredTurn

NOT_USED = {"error": "Not done: the turn ended before it."}


def end_turn(work: Work, turn: StoredTurn, reason: Reason, detail: str | None = None) -> StoredTurn:
    """The turn is over, and its frames say so. What was shown of an answer that never came to its end stays."""
    topic = f"chat:{turn.chat_id}"
    if turn.partial:
        shown = Round(content=[{"type": "text", "text": turn.partial}])
        store.save_rounds(work.conn, turn.id, [*turn.rounds, shown], usage=turn.usage, cost_usd=Decimal(0))
    for call in tool_store.select_tool_calls(work.conn, [turn.id]):
        if call.result is None and tool_store.answer_tool_call(work.conn, turn.id, call.tool_use_id, result=NOT_USED, is_error=True, ms=0):
            stream.publish(work, topic, Event.TURN_TOOL_FINISHED, tool_finished(turn, call.tool_use_id, call.name, NOT_USED, True, 0))
    ended = store.finish_turn(work.conn, turn.id, reason=reason, detail=detail, at=work.now)
    chat_store.touch_chat(work.conn, turn.chat_id, title="", at=work.now)
    stream.publish(work, topic, Event.TURN_FINISHED, _finished(ended))
    logger.info("turn finished", turn=str(turn.id), reason=reason, attempt=ended.attempt, cost_usd=str(ended.cost_usd))
    return ended


def tool_finished(turn: StoredTurn, tool_use_id: str, name: str, result: Any, is_error: bool, ms: int) -> dict[str, Any]:  # noqa: FBT001
    """The data of a `turn.tool_finished` frame."""
    return {"turn": turn.id, "id": tool_use_id, "name": name, "result": result, "is_error": is_error, "ms": ms}


def _finished(turn: StoredTurn) -> dict[str, Any]:
    began, ended = turn.started_at, turn.finished_at
    return {
        "turn": turn.id,
        "reason": turn.reason,
        "detail": turn.detail,
        "usage": turn.usage,
        "cost_usd": turn.cost_usd,
        "ms": round((ended - began).total_seconds() * 1000) if began and ended else 0,
    }
