"""Reasons to end an agent that will not end well by itself: it repeats one call, it has gone silent, or its time is over."""

import json
from dataclasses import dataclass
from typing import Any

LOOP = 5  # the same call so often in a row, and it will not find out by itself


@dataclass
class Watch:
    """Looks on at one agent. Every time is of one steady clock, in seconds."""

    stall_s: float
    time_limit_s: float
    began: float
    last_seen: float
    last_call: str = ""
    repeats: int = 0

    def observe(self, line: dict[str, Any], now: float) -> None:
        """Takes in a line of the CLI."""
        self.last_seen = now
        message = line.get("message") if line.get("type") == "assistant" else None
        for block in message.get("content") or [] if isinstance(message, dict) else []:
            if isinstance(block, dict) and block.get("type") == "tool_use":
                self._observe_call(json.dumps([line.get("parent_tool_use_id"), block.get("name"), block.get("input")], sort_keys=True))

    def reason_to_end(self, now: float, tool_in_flight: str | None) -> str | None:
        """The sentence a person reads when the agent is ended; None while all is well."""
        if self.repeats >= LOOP:
            return f"The agent went round in circles: it made the same tool call {LOOP} times in a row."
        if now - self.began > self.time_limit_s:
            return f"The run's time limit of {_minutes(self.time_limit_s)} is over."
        if tool_in_flight is None and now - self.last_seen > self.stall_s:
            return f"The agent has been silent for {_minutes(self.stall_s)} with no tool running."
        return None

    def _observe_call(self, call: str) -> None:
        self.repeats = self.repeats + 1 if call == self.last_call else 1
        self.last_call = call


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
