"""The shapes of chats, turns and choices, and of what screens show of them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from dispatch.clients.model_prices import Tokens
from dispatch.kit.actors import Actor
from dispatch.kit.errors import Conflict, NotFound
from dispatch.kit.shapes import Money, Shape, SomeWords


class Reason(StrEnum):
    """Why a turn ended."""

    END = "end"
    STOPPED = "stopped"
    ROUNDS = "rounds"
    FAILED = "failed"


class TurnState(StrEnum):
    """Where a turn is."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"


class Chat(Shape):
    """A conversation with the orchestrator; its title is how it began."""

    id: UUID
    title: str
    created_at: datetime
    updated_at: datetime


class ChatPage(Shape):
    """A page of chats, the latest spoken in first."""

    items: list[Chat]
    next_cursor: str | None


class NewSaying(Shape):
    """What a person says in a chat; a text that begins with "/" is a command."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[SomeWords, StringConstraints(max_length=20_000)]


class Usage(Shape):
    """Tokens of one turn, all its calls together."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    @classmethod
    def of(cls, tokens: Tokens) -> "Usage":
        """The same figures under their names on the wire."""
        return cls(
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            cache_read_tokens=tokens.cache_read,
            cache_write_tokens=tokens.cache_write,
        )

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(**{name: getattr(self, name) + getattr(other, name) for name in Usage.model_fields})


class Option(Shape):
    """A button."""

    key: str
    label: str
    primary: bool = False


class SpawnAction(Shape):
    """What the button "yes" does: ask for this spawn."""

    issue_id: UUID
    identifier: str
    workflow: str
    words: str = ""
    cap_usd: Decimal | None = None


class Choice(Shape):
    """A question with buttons."""

    id: UUID
    question: str
    options: list[Option]
    state: Literal["open", "taken", "expired"]
    taken: str | None


class AskedChoice(Choice):
    """A choice as it is stored: with what it would do, and who pressed."""

    turn_id: UUID
    chat_id: UUID
    tool_use_id: str
    action: SpawnAction
    taken_by: Actor | None


class TextItem(Shape):
    """Something the orchestrator wrote, in markdown."""

    type: Literal["text"] = "text"
    text: str


class ToolItem(Shape):
    """A tool call; `result` and `ms` are None while it runs."""

    type: Literal["tool"] = "tool"
    id: str
    name: str
    input: dict[str, Any]
    result: Any = None
    is_error: bool = False
    ms: int | None = None


class ChoiceItem(Shape):
    """A question with buttons, where it was asked."""

    type: Literal["choice"] = "choice"
    choice: Choice


class CommandItem(Shape):
    """A slash command's answer."""

    type: Literal["command"] = "command"
    markdown: str


Item = Annotated[TextItem | ToolItem | ChoiceItem | CommandItem, Field(discriminator="type")]


class Turn(Shape):
    """One exchange as a screen shows it. `cost_usd` None means that a price is unknown."""

    id: UUID
    number: int
    said: str
    said_by: Actor
    state: TurnState
    reason: Reason | None
    detail: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    usage: Usage
    cost_usd: Money | None
    items: list[Item]


class ChatView(Shape):
    """A chat as it stands after frame `watch_after` of its topic; `turns_before` older turns are not in it."""

    chat: Chat
    turns: list[Turn]
    turns_before: int
    watch_after: int


class Round(Shape):
    """One answer of the model, or a notice of ours in its place. `content` is in the API's form, letter for letter."""

    content: list[dict[str, Any]]
    by: Literal["model", "us"] = "model"


class ToolCall(Shape):
    """A tool the model asked for; `result` is None until it was used."""

    turn_id: UUID
    tool_use_id: str
    round: int
    name: str
    input: dict[str, Any]
    result: Any
    is_error: bool
    ms: int | None


class StoredTurn(Shape):
    """A turn's row. `told` is what the model hears in place of `said`."""

    id: UUID
    chat_id: UUID
    number: int
    kind: Literal["turn", "command"]
    said: str
    told: str | None
    said_by: Actor
    state: TurnState
    reason: Reason | None
    detail: str | None
    model: str | None
    rounds: list[Round]
    partial: str
    answer: str | None
    usage: Usage
    cost_usd: Decimal | None
    stop_requested: bool
    attempt: int
    lease_until: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ChatNotFound(NotFound):
    """There is no such chat."""


class TurnNotFound(NotFound):
    """There is no such turn."""


class ChoiceNotFound(NotFound):
    """There is no such question."""


class ChoiceIsTaken(Conflict):
    """Somebody has answered this already."""


class TooManyTurnsWait(Conflict):
    """Too many turns wait in this chat. Let it catch up, or stop it."""
