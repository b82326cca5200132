"""What the agent has cost so far, and what its next call will cost, by its own usage figures.

The CLI's stream of partial messages tells a call's usage exactly; without it, what was written is estimated, and errs upwards.
"""

import json
from dataclasses import dataclass, field
from typing import Any

# US dollars per million tokens (input, output). The first name that the model's begins with counts. Claude's are those that the CLI 2.1.330
# charges; the others are their makers' list prices of November 2026.
PRICES = {
    "claude-opus-5-5": (4.0, 20.0),
    "claude-opus": (5.0, 25.0),
    "claude-sonnet-5": (2.0, 10.0),
    "claude-sonnet": (3.0, 15.0),
    "claude-haiku-4": (1.0, 5.0),
    "claude-haiku": (4.0, 20.0),
    "claude-fable": (10.0, 50.0),
    "gpt-6-astra": (10.0, 50.0),
    "gpt-6.2-astra": (8.0, 40.0),
    "gpt-6-sol": (2.0, 10.0),
    "gpt-6.1-sol": (2.0, 10.0),
    "gpt-6.2-sol": (2.0, 10.0),
    "gpt-6-luna": (0.1, 0.5),
    "gpt-5.6-terra": (2.0, 12.0),
    "gpt-5.6-luna": (0.2, 1.2),
    "gpt-5.6": (5.0, 30.0),
    "gpt-5.5-pro": (30.0, 180.0),
    "gpt-5.5": (5.0, 30.0),
    "gemini-3.5-flash": (1.5, 9.0),
    "gemini-3.1-flash-lite": (0.25, 1.5),
    "gemini-3.1-pro": (2.0, 12.0),
    "gemini-3-flash": (0.5, 3.0),
    "gemini-3-pro": (2.0, 12.0),
    "gemini-2.5-flash-lite": (0.1, 0.4),
    "gemini-2.5-flash": (0.3, 2.5),
    "gemini-2.5-pro": (1.25, 10.0),
}
LONG_PROMPTS = {"gpt-": 272_000, "gemini-2.5-pro": 200_000, "gemini-3.1-pro": 200_000, "gemini-3-pro": 200_000}  # tokens
LONG_FACTOR = 2.0  # times the price, for a whole call whose prompt is longer; its output costs 1.5 times, so this errs upwards
UNKNOWN = PRICES["claude-fable"]  # a model without a known price costs as much as the dearest that agents are made for
CACHE_READ, CACHE_WRITE = 0.1, 1.25  # times the price of input
CHARACTERS_PER_TOKEN = 3.0  # fewer than prose has, so that code is not underestimated
FIELDS = {
    "input_tokens": "input_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens",
    "output_tokens": "output_tokens",
}


@dataclass
class Call:
    """One call to the model: a message, its tokens so far, and whether the API has said its last word on them."""

    model: str
    tokens: dict[str, float] = field(default_factory=lambda: dict.fromkeys(FIELDS, 0.0))
    written: float = 0.0
    is_exact: bool = False

    @property
    def cost_usd(self) -> float:
        """Dollars for it so far."""
        return call_usd(self.model, self.tokens)

    @property
    def cost_again_usd(self) -> float:
        """Dollars for the same call once more: what it wrote to the cache is then read from there."""
        read = self.tokens["cache_read_tokens"] + self.tokens["cache_write_tokens"]
        return call_usd(self.model, self.tokens | {"cache_read_tokens": read, "cache_write_tokens": 0.0})

    def count(self, usage: dict[str, Any]) -> None:
        """Takes in usage figures; each is of the whole call, so the highest counts."""
        for name, theirs in FIELDS.items():
            self.tokens[name] = max(self.tokens[name], float(usage.get(theirs) or 0))


@dataclass
class Meter:
    """Adds up one run. Blocks of a message repeat its usage, so usage is kept per call and never summed over lines."""

    model: str
    reported_usd: float = 0.0
    reported: Call = field(default_factory=lambda: Call(""))  # the whole run as one, where the CLI tells its tokens but no dollars
    counted_usd: float = 0.0  # over all calls
    calls: dict[str, Call] = field(default_factory=dict)  # by the message's id, in their order
    main: list[Call] = field(default_factory=list)  # those that no subagent made
    streamed: dict[object, Call] = field(default_factory=dict)  # the call under way, by the tool use that its subagent belongs to

    def observe(self, line: dict[str, Any]) -> bool:
        """Takes in a line of the CLI; True where it changed the figures."""
        before = self.metered_usd
        message = line.get("message")
        if line.get("type") == "result":
            self._observe_result(line)
        elif line.get("type") == "assistant" and isinstance(message, dict):
            self._observe_message(message, line.get("parent_tool_use_id"))
        elif line.get("type") == "stream_event" and isinstance(line.get("event"), dict):
            self._observe_stream(line["event"], line.get("parent_tool_use_id"))
        return self.metered_usd != before

    def usage(self) -> dict[str, int]:
        """Tokens so far, over all calls, subagents' included."""
        counted = {name: sum(call.tokens[name] for call in list(self.calls.values())) for name in FIELDS}
        return {name: round(max(counted[name], self.reported.tokens[name])) for name in FIELDS}

    @property
    def metered_usd(self) -> float:
        """Dollars so far: what the CLI reported, or the sum over all calls where that is higher."""
        return round(max(self.counted_usd, self.reported_usd), 6)

    @property
    def next_call_usd(self) -> float:
        """What the agent's next call will cost if it is like the last ones: the dearer of two, as the last may not have ended yet."""
        return round(max((call.cost_again_usd for call in self.main[-2:]), default=0.0), 6)

    def _observe_result(self, line: dict[str, Any]) -> None:
        if "total_cost_usd" not in line and isinstance(line.get("usage"), dict):
            self.reported.count(line["usage"])
        own = cost_usd(self.model, self.reported.tokens)
        self.reported_usd = max(self.reported_usd, float(line.get("total_cost_usd") or 0), own)

    def _observe_message(self, message: dict[str, Any], parent: object) -> None:
        call = self._call(message, parent)
        if call.is_exact:
            return
        before = call.cost_usd
        call.count(_dict(message.get("usage")))
        # The CLI tells output tokens as of the message's start, that is 1: count what was written.
        call.written += _length(message.get("content")) / CHARACTERS_PER_TOKEN
        if any(call.tokens.values()):
            call.tokens["output_tokens"] = max(call.tokens["output_tokens"], call.written)
        self.counted_usd += call.cost_usd - before

    def _observe_stream(self, event: dict[str, Any], parent: object) -> None:
        message, usage = _dict(event.get("message")), _dict(event.get("usage"))
        if event.get("type") == "message_start":
            self.streamed[parent], usage = self._call(message, parent), _dict(message.get("usage"))
        if event.get("type") not in {"message_start", "message_delta"} or parent not in self.streamed:
            return
        call = self.streamed[parent]
        before = call.cost_usd
        call.count(usage)
        if event["type"] == "message_delta" and "output_tokens" in usage:
            call.tokens["output_tokens"], call.is_exact = float(usage["output_tokens"] or 0), True
        self.counted_usd += call.cost_usd - before

    def _call(self, message: dict[str, Any], parent: object) -> Call:
        key = str(message.get("id"))
        if key not in self.calls:
            self.calls[key] = Call(str(message.get("model") or self.model))
            if not parent and message.get("usage"):
                self.main.append(self.calls[key])
        return self.calls[key]


def call_usd(model: str, tokens: dict[str, float]) -> float:
    """Dollars for one call, of which a long prompt makes a dear one."""
    prompt = tokens["input_tokens"] + tokens["cache_read_tokens"] + tokens["cache_write_tokens"]
    is_long = any(prompt > limit for name, limit in LONG_PROMPTS.items() if model.startswith(name))
    return cost_usd(model, tokens) * (LONG_FACTOR if is_long else 1.0)


def cost_usd(model: str, tokens: dict[str, float]) -> float:
    """Dollars for `tokens` of `model`."""
    price_in, price_out = next((price for name, price in PRICES.items() if model.startswith(name)), UNKNOWN)
    inputs = tokens["input_tokens"] + tokens["cache_read_tokens"] * CACHE_READ + tokens["cache_write_tokens"] * CACHE_WRITE
    return (inputs * price_in + tokens["output_tokens"] * price_out) / 1_000_000


def _length(content: object) -> int:
    blocks = content if isinstance(content, list) else []
    return sum(len(_written(block)) for block in blocks if isinstance(block, dict))


def _written(block: dict[str, Any]) -> str:
    if block.get("type") == "tool_use":
        return json.dumps(block.get("input"), ensure_ascii=False)
    return str(block.get("text") or block.get("thinking") or "")


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
