"""Doing a turn, from its message in the queue to its end; and finding those whose message or worker was lost."""

from datetime import timedelta
from uuid import UUID

import psycopg

from dispatch.clients.anthropic import ModelFailed
from dispatch.kit.log import logger
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.orchestrator import endings, history, store, tool_store
from dispatch.orchestrator.claims import Claim, StopAsked, TurnLost, claim_next, step
from dispatch.orchestrator.exchange import WENT_WRONG, Exchange
from dispatch.orchestrator.shapes import Reason, TurnState
from dispatch.orchestrator.waking import wake

WAITS_TOO_LONG = timedelta(seconds=20)  # a queued turn's message needs a second or two, so that after this it is lost
MOST_AT_ONCE = 100


def run_turn(turn_id: UUID) -> None:
    """The turn is finished, and those before it in its chat; or another worker is at it, which is left alone.

    The only place in the room that opens works of its own: a turn is many short ones. Raises psycopg.OperationalError where
    the database is away; the turn then goes on when it is run again.
    """
    while exchange := _begin(turn_id):
        if exchange.turn.state is TurnState.RUNNING:
            _see_through(exchange)


def requeue_lost_turns(work: Work) -> int:
    """Turns whose message or worker was lost are in the queue again after the commit; returns how many."""
    lost = store.select_lost(work.conn, queued_before=work.now - WAITS_TOO_LONG, now=work.now, limit=MOST_AT_ONCE)
    for turn in lost:
        logger.info("turn requeued", turn=str(turn.id), attempt=turn.attempt)
        wake(work, turn)
    return len(lost)


def _begin(turn_id: UUID) -> Exchange | None:
    with open_work() as work:
        claimed = claim_next(work, turn_id)
        if claimed is None:
            return None
        claim, turn = claimed
        return Exchange(claim, turn, history.earlier_messages(work, turn), tool_store.select_tool_calls(work.conn, [turn.id]))


def _see_through(exchange: Exchange) -> None:
    try:
        reason, detail = exchange.go_on()
    except TurnLost:
        logger.info("turn lost to another worker", turn=str(exchange.turn.id))
        return
    except StopAsked:
        reason, detail = Reason.STOPPED, None
    except ModelFailed as error:
        reason, detail = Reason.FAILED, error.sentence
    except psycopg.OperationalError:
        raise
    except Exception:  # noqa: BLE001 - a turn never ends in silence
        logger.exception("turn failed", turn=str(exchange.turn.id))
        reason, detail = Reason.FAILED, WENT_WRONG
    _end(exchange, exchange.claim, reason, detail)


def _end(exchange: Exchange, claim: Claim, reason: Reason, detail: str | None) -> None:
    try:
        with step(claim, heed_stop=False) as work:
            exchange.break_off(work)
            endings.end_turn(work, exchange.turn, reason, detail)
    except TurnLost:
        logger.info("turn lost to another worker", turn=str(claim.turn_id))
