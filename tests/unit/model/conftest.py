"""A door on loopback, and a chat that talks to it through the real SDK."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import pytest

from dispatch.orchestrator import tools
from tests.model_door import served

TOOLS = tools.definitions()


class Chat:
    """A terminal's chat: says things, uses the tools that the model asks for by `answers`, keeps what happened."""

    def __init__(self, client: anthropic.Anthropic, answers: dict[str, Any]) -> None:
        self.client, self.answers = client, answers
        self.messages: list[Any] = []
        self.used: list[tuple[str, dict[str, Any]]] = []

    def say(self, words: str) -> str:
        """All the model says in one turn."""
        self.messages.append({"role": "user", "content": words})
        self.used = []
        said = ""
        for _ in range(10):
            with self.client.messages.stream(model="claude-opus-5-5", max_tokens=4096, messages=self.messages, tools=TOOLS) as stream:
                answer = stream.get_final_message()
            self.messages.append({"role": "assistant", "content": answer.content})
            said += "".join(block.text for block in answer.content if block.type == "text") + "\n"
            calls = [block for block in answer.content if block.type == "tool_use"]
            if not calls:
                return said.strip()
            self.messages.append({"role": "user", "content": [self._use(call) for call in calls]})
        raise AssertionError("the turn does not end")

    def _use(self, call: Any) -> dict[str, Any]:
        tools.TOOLS[call.name].read(call.input)  # raises what the product would refuse
        self.used.append((call.name, call.input))
        result = self.answers.get(call.name, {"items": []})
        if isinstance(result, Exception):
            return {"type": "tool_result", "tool_use_id": call.id, "is_error": True, "content": json.dumps({"detail": str(result)})}
        return {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(result)}


@pytest.fixture(scope="session")
def door() -> Iterator[str]:
    """The address of a door that loses no time."""
    with served() as address:
        yield address


@pytest.fixture
def client(door: str) -> anthropic.Anthropic:
    """The SDK, as the product makes it, at the door's address."""
    return anthropic.Anthropic(api_key="any", base_url=door, max_retries=0)


@pytest.fixture
def chat(client: anthropic.Anthropic) -> Callable[..., Chat]:
    """A chat in which each tool gives what the test says, and an empty list otherwise."""
    return lambda **answers: Chat(client, answers)
