"""Where an agent is between its brief and its hand-in, told from lines of the runner's language."""

from dataclasses import dataclass, field
from typing import Any

HAND_IN = "StructuredOutput"  # the tool that the CLI adds for a result schema


@dataclass
class Course:
    """Follows one CLI process.

    `at_rest`: its last turn has ended and no new one has begun. `is_calling`: the model is answering. `call_is_due`: every tool has
    answered, so the CLI is about to call the model again. `is_leaving`: its hand-in was taken and the result comes without another call.
    """

    result: dict[str, Any] | None = None
    handed_in: object = None
    at_rest: bool = False
    is_calling: bool = False
    call_is_due: bool = False
    is_leaving: bool = False
    calls: int = 0
    background: set[str] = field(default_factory=set)
    last_message: str = ""
    offered: dict[str, object] = field(default_factory=dict)

    def observe(self, line: dict[str, Any], *, tools_run: bool) -> None:
        """Takes in a line. `tools_run`: whether a tool is still running after it."""
        kind, own = line.get("type"), not line.get("parent_tool_use_id")
        if kind == "result":
            self.result, self.at_rest, self.is_calling, self.call_is_due = line, True, False, False
            self.handed_in = line.get("structured_output", self.handed_in)
        elif kind == "stream_event" and own:
            self._observe_stream(line.get("event") or {})
        elif kind == "assistant" and own:
            self._observe_message(line.get("message") or {})
        elif kind == "user" and own:
            self._observe_results(line.get("message") or {}, tools_run=tools_run)
        elif line.get("subtype") == "background_tasks_changed":
            self.background = {str(task) for task in line.get("tasks") or []}

    def _observe_stream(self, event: dict[str, Any]) -> None:
        if event.get("type") == "message_start":
            self.is_calling = True
            self._observe_message(event.get("message") or {})
        elif event.get("type") == "message_stop":
            self.is_calling = False

    def _observe_message(self, message: dict[str, Any]) -> None:
        self.at_rest = self.call_is_due = self.is_leaving = False
        if message.get("id") and message.get("id") != self.last_message:
            self.last_message, self.calls = str(message.get("id")), self.calls + 1
        for block in _blocks(message):
            if block.get("type") == "tool_use" and block.get("name") == HAND_IN:
                self.offered[str(block.get("id"))] = block.get("input")

    def _observe_results(self, message: dict[str, Any], *, tools_run: bool) -> None:
        for block in _blocks(message):
            call = str(block.get("tool_use_id"))
            if call in self.offered and not block.get("is_error"):
                self.handed_in, self.is_leaving = self.offered[call], True
        self.call_is_due = not tools_run and not self.is_leaving and not self.is_calling


def _blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
