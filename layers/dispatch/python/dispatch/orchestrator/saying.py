"""Speaking to the orchestrator: a chat begins, a person says something, or stops what is going on."""

from uuid import UUID

from dispatch import stream
from dispatch.kit.actors import Actor
from dispatch.kit.errors import BadInput
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work
from dispatch.orchestrator import chat_store, commands, endings, store
from dispatch.orchestrator.shapes import Chat, ChatNotFound, Reason, StoredTurn, TooManyTurnsWait, Turn, TurnState
from dispatch.orchestrator.views import show_turns
from dispatch.orchestrator.waking import wake
from dispatch.people import Caller

MOST_WAITING = 20  # turns of one chat; more than that nobody waits for
TITLE_LETTERS = 60
SAID_LETTERS = 20_000  # what is longer belongs in an issue


def create_chat(work: Work, *, actor: Actor) -> Chat:
    """A chat exists, without a word in it; lists show it once something was said."""
    chat_id = new_id()
    chat_store.insert_chat(work.conn, chat_id, created_by=actor, at=work.now)
    return _get_locked(work, chat_id)


def say(work: Work, chat_id: UUID, text: str, *, caller: Caller, answer: str | None = None) -> Turn:
    """The text stands in the chat as a turn: waiting for the model or, where it begins with "/", answered already.

    `answer` is what `ask_others` answered to this text. Raises ChatNotFound, BadInput and TooManyTurnsWait.
    """
    text = text.strip()
    if not text or len(text) > SAID_LETTERS or "\x00" in text:
        raise BadInput(f"Say something of 1 to {SAID_LETTERS} characters.")
    if text.startswith("/"):
        return _answer_command(work, chat_id, text, caller, answer)
    return begin_turn(work, chat_id, text, actor=caller.actor)


def begin_turn(work: Work, chat_id: UUID, said: str, *, actor: Actor, told: str | None = None) -> Turn:
    """A turn waits for the model, and after the commit its worker is woken. `told` is what the model hears in place of `said`."""
    _get_locked(work, chat_id)
    if store.count_unfinished(work.conn, chat_id) >= MOST_WAITING:
        raise TooManyTurnsWait
    turn = store.insert_turn(work.conn, new_id(), chat_id, said=said, told=told, said_by=actor, at=work.now)
    chat_store.touch_chat(work.conn, chat_id, title=title_of(said), at=work.now)
    frame = {"turn": turn.id, "number": turn.number, "said": said, "said_by": actor}
    stream.publish(work, f"chat:{chat_id}", Event.TURN_STARTED, frame)
    wake(work, turn)
    return show_turns(work, [turn])[0]


def stop_chat(work: Work, chat_id: UUID) -> list[Turn]:
    """Every turn of the chat that is not finished stops: at once where nobody works on it, else within about a second."""
    _get_locked(work, chat_id)
    stopped = [store.find_turn(work.conn, turn_id) for turn_id in store.request_stop(work.conn, chat_id)]
    return show_turns(work, [_end_idle(work, turn) for turn in stopped if turn])


def title_of(text: str) -> str:
    """The chat's name: its first words, on one line."""
    line = " ".join(text.split())
    if len(line) <= TITLE_LETTERS:
        return line
    return line[:TITLE_LETTERS].rsplit(" ", 1)[0] + "…"


def _answer_command(work: Work, chat_id: UUID, text: str, caller: Caller, answer: str | None) -> Turn:
    _get_locked(work, chat_id)
    answer = answer or commands.answer(work, text, caller)
    turn = store.insert_command(work.conn, new_id(), chat_id, said=text, answer=answer, said_by=caller.actor, at=work.now)
    chat_store.touch_chat(work.conn, chat_id, title=title_of(text), at=work.now)
    frame = {"id": turn.id, "text": text, "markdown": answer, "at": work.now}
    stream.publish(work, f"chat:{chat_id}", Event.COMMAND_ANSWERED, frame)
    return show_turns(work, [turn])[0]


def _end_idle(work: Work, turn: StoredTurn) -> StoredTurn:
    """A worker ends its own turn, as it alone knows how far it is."""
    is_worked_on = turn.state is TurnState.RUNNING and turn.lease_until is not None and turn.lease_until > work.now
    return turn if is_worked_on else endings.end_turn(work, turn, Reason.STOPPED)


def _get_locked(work: Work, chat_id: UUID) -> Chat:
    chat = chat_store.lock_chat(work.conn, chat_id)
    if chat is None:
        raise ChatNotFound
    return chat
