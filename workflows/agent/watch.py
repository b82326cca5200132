"""Reasons to end an agent that will not end well by itself: it goes in circles, is silent, floods, or its time is over."""

import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

LOOP = 5  # the same call, or the same few calls in turn, so often: it will not find out by itself
LONGEST_CIRCLE = 3  # calls
FLOOD = 50_000  # events; an hour of hard work is a tenth of it


@dataclass
class Watch:
    """Looks on at one agent. Every time is of one steady clock, in seconds."""

    stall_s: float
    time_limit_s: float
    began: float
    last_seen: float
    calls: dict[object, deque[str]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=LOOP * LONGEST_CIRCLE)))
    circle: int = 0  # calls in the circle that was found

    def observe(self, line: dict[str, Any], now: float) -> None:
        """Takes in a line of the CLI."""
        self.last_seen = now
        message = line.get("message") if line.get("type") == "assistant" else None
        for block in message.get("content") or [] if isinstance(message, dict) else []:
            if isinstance(block, dict) and block.get("type") == "tool_use":
                self._observe_call(line.get("parent_tool_use_id"), json.dumps([block.get("name"), block.get("input")], sort_keys=True))

    def reason_to_end(self, now: float, tool_in_flight: str | None, *, events: int = 0) -> str | None:
        """The sentence a person reads when the agent is ended; None while all is well."""
        if self.circle:
            calls = "tool call" if self.circle == 1 else f"{self.circle} tool calls"
            return f"The agent went round in circles: it made the same {calls} {LOOP} times in a row."
        if events > FLOOD:
            return f"The agent floods: it has told more than {FLOOD:,} events."
        if now - self.began > self.time_limit_s:
            return f"The run's time limit of {_minutes(self.time_limit_s)} is over."
        if tool_in_flight is None and now - self.last_seen > self.stall_s:
            return f"The agent has been silent for {_minutes(self.stall_s)} with no tool running."
        return None

    def _observe_call(self, thread: object, call: str) -> None:
        self.calls[thread].append(call)
        made = list(self.calls[thread])
        self.circle = self.circle or next((size for size in range(1, LONGEST_CIRCLE + 1) if _goes_round(made, size)), 0)


def _goes_round(calls: list[str], size: int) -> bool:
    latest = calls[-LOOP * size :]
    return len(latest) == LOOP * size and latest == latest[:size] * LOOP


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
