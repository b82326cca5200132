"""A worker's right to act for a turn. Every step is a short work of its own, fenced: whoever lost the claim writes nothing more."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from dispatch import stream
from dispatch.kit.events import Event
from dispatch.kit.log import logger
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.orchestrator import chat_store, endings, store
from dispatch.orchestrator.shapes import Reason, StoredTurn, TurnState

LEASE = timedelta(seconds=15)  # renewed every second, so that a dead worker's turn goes on soon elsewhere
MOST_ATTEMPTS = 5  # a turn that kills its worker each time must not do so for ever


class TurnLost(Exception):
    """Another worker has this turn now."""


class StopAsked(Exception):
    """A person asked the turn to stop."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The turn, and which attempt at it this is."""

    turn_id: UUID
    chat_id: UUID
    attempt: int

    @property
    def topic(self) -> str:
        return f"chat:{self.chat_id}"


def claim_next(work: Work, turn_id: UUID) -> tuple[Claim, StoredTurn] | None:
    """The chat's first unfinished turn up to this one is ours; None where there is none to be had now."""
    turn = store.find_turn(work.conn, turn_id)
    if turn is None or chat_store.lock_chat(work.conn, turn.chat_id) is None:
        return None
    first = store.find_first_unfinished(work.conn, turn.chat_id)
    if first is None or first.number > turn.number or _is_leased(first, work):
        return None
    return _claim(work, first)


@contextmanager
def step(claim: Claim, *, heed_stop: bool = True) -> Generator[Work]:
    """One short work for the turn, which holds its chat and renews its lease. Raises TurnLost, and StopAsked where it is heeded."""
    with open_work() as work:
        chat_store.lock_chat(work.conn, claim.chat_id)
        stop_asked = store.renew_lease(work.conn, claim.turn_id, claim.attempt, until=work.now + LEASE)
        if stop_asked is None:
            raise TurnLost
        if stop_asked and heed_stop:
            raise StopAsked
        yield work


def _is_leased(turn: StoredTurn, work: Work) -> bool:
    return turn.state is TurnState.RUNNING and turn.lease_until is not None and turn.lease_until > work.now


def _claim(work: Work, turn: StoredTurn) -> tuple[Claim, StoredTurn]:
    if turn.stop_requested:
        claimed = endings.end_turn(work, turn, Reason.STOPPED)
    elif turn.attempt >= MOST_ATTEMPTS:
        claimed = endings.end_turn(work, turn, Reason.FAILED, f"This was begun {MOST_ATTEMPTS} times and never came to an end.")
    else:
        claimed = _begin_attempt(work, turn)
    return Claim(turn.id, turn.chat_id, claimed.attempt), claimed


def _begin_attempt(work: Work, turn: StoredTurn) -> StoredTurn:
    if turn.partial:
        restarted = {"turn": turn.id, "round": len(turn.rounds) + 1}
        stream.publish(work, f"chat:{turn.chat_id}", Event.TURN_RESTARTED, restarted)
    claimed = store.claim_turn(work.conn, turn.id, model=settings().orchestrator_model, lease_until=work.now + LEASE, at=work.now)
    logger.info("turn claimed", turn=str(turn.id), attempt=claimed.attempt)
    return claimed
