"""Finding things in a request: who asks, what was said, what the tools gave back."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from infra.laptop.model.script import Call, Json, Result

REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)  # the CLI's own notes among a person's words
MID_TURN = re.compile(r"The user sent a new message while you were working:\n(.*?)\n\nThis is how Claude Code", re.DOTALL)
WORKING_DIRECTORY = re.compile(r"working directory:\s*(\S+)", re.IGNORECASE)
LINE_NUMBER = re.compile(r"^ *\d+(?:\t|→)", re.MULTILINE)  # how the CLI's Read numbers lines


@dataclass
class Turn:
    """What a person said, and all that happened until they spoke again."""

    words: str
    results: list[Result] = field(default_factory=list)
    answer: str = ""


@dataclass(frozen=True)
class Conversation:
    """A request, read: never changed, never remembered."""

    turns: Sequence[Turn]
    tools: Mapping[str, Json]
    system: str
    may_call: bool = True

    @property
    def opening(self) -> str:
        return self.turns[0].words if self.turns else ""

    @property
    def latest(self) -> Turn:
        return self.turns[-1] if self.turns else Turn("")

    @property
    def results(self) -> list[Result]:
        """Every tool result, oldest first."""
        return [result for turn in self.turns for result in turn.results]

    @property
    def directory(self) -> str:
        """Where the agent works; "" when the request does not say."""
        found = WORKING_DIRECTORY.search(self.system)
        return found[1] if found else ""

    def can(self, tool: str) -> bool:
        return tool in self.tools


def read(body: Json) -> Conversation:
    """The conversation that a Messages API request holds."""
    tools = {tool["name"]: tool.get("input_schema", {}) for tool in body.get("tools", [])}
    asides = [words_in(message["content"]) for message in body["messages"] if message["role"] == "system"]
    may_call = (body.get("tool_choice") or {}).get("type") != "none"
    system = "\n".join([words_in(body.get("system", "")), *asides])
    return Conversation(turns=_turns(body["messages"]), tools=tools, system=system, may_call=may_call)


def words_in(content: str | Sequence[Json] | None) -> str:
    """The text of a content that is a string or a list of blocks."""
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content or () if block.get("type") == "text")


def source_in(text: str) -> str:
    """What the Read tool showed, without its line numbers."""
    return LINE_NUMBER.sub("", REMINDER.sub("", text))


def blocks_of(message: Json, kind: str) -> Iterator[Json]:
    """The blocks of one kind in a message."""
    content = message["content"]
    if not isinstance(content, str):
        yield from (block for block in content if block.get("type") == kind)


def _turns(messages: Sequence[Json]) -> list[Turn]:
    turns: list[Turn] = []
    calls: dict[str, Call] = {}
    for message in messages:
        if message["role"] == "user":
            _hear(message, turns, calls)
        elif message["role"] == "system" and turns:
            turns += [Turn(words.strip()) for words in MID_TURN.findall(words_in(message["content"]))]
        elif message["role"] == "assistant":
            calls |= {block["id"]: Call(block["name"], block["input"]) for block in blocks_of(message, "tool_use")}
            if turns:
                turns[-1].answer += words_in(message["content"])
    return turns


def _hear(message: Json, turns: list[Turn], calls: Mapping[str, Call]) -> None:
    """A user message carries results of tools, or a person's words, or both."""
    given = {block["tool_use_id"]: block for block in blocks_of(message, "tool_result")}
    if turns:  # in the order of the calls: the CLI sends results of parallel calls as they come
        turns[-1].results += [
            Result(call, words_in(given[key].get("content")), bool(given[key].get("is_error")))
            for key, call in calls.items()
            if key in given
        ]
    texts = [message["content"]] if isinstance(message["content"], str) else [block["text"] for block in blocks_of(message, "text")]
    spoken = (REMINDER.sub("", text).strip() for text in texts)
    turns += [Turn(words) for words in spoken if words]
