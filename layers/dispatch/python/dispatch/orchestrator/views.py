"""Reading chats: the list, and one chat whole, as screens show them."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from dispatch import stream
from dispatch.kit.shapes import from_cursor, to_cursor
from dispatch.kit.work import Work
from dispatch.orchestrator import chat_store, choice_store, store, tool_store
from dispatch.orchestrator.shapes import (
    AskedChoice,
    ChatNotFound,
    ChatPage,
    ChatView,
    Choice,
    ChoiceItem,
    CommandItem,
    Item,
    StoredTurn,
    TextItem,
    ToolCall,
    ToolItem,
    Turn,
)

MOST_A_PAGE = 100
TURNS_SHOWN = 200

Key = tuple[UUID, str]


def list_chats(work: Work, *, limit: int = 50, cursor: str | None = None) -> ChatPage:
    """Chats in which something was said, the latest first. Raises BadInput for a cursor that is not ours."""
    limit = max(1, min(limit, MOST_A_PAGE))
    items = chat_store.select_chats(work.conn, after=from_cursor(cursor, 2), limit=limit + 1)
    more = to_cursor(items[limit - 1].updated_at, items[limit - 1].id) if len(items) > limit else None
    return ChatPage(items=items[:limit], next_cursor=more)


def get_chat(work: Work, chat_id: UUID) -> ChatView:
    """The chat and its newest turns, exactly as they are after frame `watch_after`. Raises ChatNotFound."""
    chat = chat_store.hold_chat_still(work.conn, chat_id)
    if chat is None:
        raise ChatNotFound
    turns = store.select_last_turns(work.conn, chat_id, limit=TURNS_SHOWN)
    return ChatView(
        chat=chat,
        turns=show_turns(work, turns),
        turns_before=turns[0].number - 1 if turns else 0,
        watch_after=stream.newest(work, f"chat:{chat_id}"),
    )


def show_turns(work: Work, turns: Sequence[StoredTurn]) -> list[Turn]:
    """The turns as a screen shows them."""
    ids = [turn.id for turn in turns]
    calls = {(call.turn_id, call.tool_use_id): call for call in tool_store.select_tool_calls(work.conn, ids)}
    choices = {(choice.turn_id, choice.tool_use_id): choice for choice in choice_store.select_choices(work.conn, ids)}
    return [Turn(**turn.model_dump(include=set(Turn.model_fields)), items=list(_items(turn, calls, choices))) for turn in turns]


def _items(turn: StoredTurn, calls: Mapping[Key, ToolCall], choices: Mapping[Key, AskedChoice]) -> Iterator[Item]:
    if turn.answer is not None:
        yield CommandItem(markdown=turn.answer)
    for block in (block for round_ in turn.rounds for block in round_.content):
        if block["type"] == "text" and block["text"]:
            yield TextItem(text=block["text"])
        elif block["type"] == "tool_use":
            yield _tool_item(calls[turn.id, block["id"]])
            if choice := choices.get((turn.id, block["id"])):
                yield ChoiceItem(choice=show_choice(choice))
    if turn.partial:
        yield TextItem(text=turn.partial)


def show_choice(choice: AskedChoice) -> Choice:
    """The choice as a screen shows it: what it would do stays here."""
    return Choice(**choice.model_dump(include=set(Choice.model_fields)))


def _tool_item(call: ToolCall) -> ToolItem:
    return ToolItem(id=call.tool_use_id, name=call.name, input=call.input, result=call.result, is_error=call.is_error, ms=call.ms)
