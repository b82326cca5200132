"""What the agent has cost so far, by its own usage figures. An estimate that errs upwards, until the CLI tells its own total."""

import json
from dataclasses import dataclass, field
from typing import Any

# US dollars per million tokens (input, output), as the CLI 2.1.330 charges them. The first name that the model's begins with counts.
PRICES = {
    "claude-opus-5-5": (4.0, 20.0),
    "claude-opus": (5.0, 25.0),
    "claude-sonnet-5": (2.0, 10.0),
    "claude-sonnet": (3.0, 15.0),
    "claude-haiku-4": (1.0, 5.0),
    "claude-haiku": (4.0, 20.0),
    "claude-fable": (10.0, 50.0),
}
CACHE_READ, CACHE_WRITE = 0.1, 1.25  # times the price of input
CHARACTERS_PER_TOKEN = 3.0  # fewer than prose has, so that code is not underestimated
FIELDS = {
    "input_tokens": "input_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens",
    "output_tokens": "output_tokens",
}


@dataclass
class Meter:
    """Adds up one run. Blocks of a message repeat its usage, so usage is kept per message id and never summed over lines."""

    model: str
    reported_usd: float = 0.0
    messages: dict[str, dict[str, float]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)

    def observe(self, line: dict[str, Any]) -> bool:
        """Takes in a line of the CLI; True where it changed the figures."""
        before = self.metered_usd
        if line.get("type") == "result":
            self.reported_usd = max(self.reported_usd, float(line.get("total_cost_usd") or 0))
        elif line.get("type") == "assistant" and isinstance(line.get("message"), dict):
            self._observe_message(line["message"])
        return self.metered_usd != before

    def usage(self) -> dict[str, int]:
        """Tokens so far, over all messages, subagents' included."""
        return {name: round(sum(tokens[name] for tokens in list(self.messages.values()))) for name in FIELDS}

    @property
    def metered_usd(self) -> float:
        """Dollars so far: what the CLI reported, or the estimate where that is higher."""
        estimate = sum(cost_usd(self.models[message], tokens) for message, tokens in list(self.messages.items()))
        return round(max(estimate, self.reported_usd), 6)

    def _observe_message(self, message: dict[str, Any]) -> None:
        key = str(message.get("id"))
        usage = message.get("usage") if isinstance(message.get("usage"), dict) else {}
        self.models[key] = str(message.get("model") or self.model)
        so_far = self.messages.setdefault(key, dict.fromkeys([*FIELDS, "written"], 0.0))
        # The CLI tells output tokens as of the message's start, that is 1: count what was written.
        so_far["written"] += _length(message.get("content")) / CHARACTERS_PER_TOKEN
        for name, theirs in FIELDS.items():
            so_far[name] = max(so_far[name], float((usage or {}).get(theirs) or 0))
        if sum(so_far[name] for name in FIELDS):
            so_far["output_tokens"] = max(so_far["output_tokens"], so_far["written"])


def cost_usd(model: str, tokens: dict[str, float]) -> float:
    """Dollars for `tokens` of `model`; a model without a known price costs as much as the dearest."""
    price_in, price_out = next((price for name, price in PRICES.items() if model.startswith(name)), max(PRICES.values()))
    inputs = tokens["input_tokens"] + tokens["cache_read_tokens"] * CACHE_READ + tokens["cache_write_tokens"] * CACHE_WRITE
    return (inputs * price_in + tokens["output_tokens"] * price_out) / 1_000_000


def _length(content: object) -> int:
    blocks = content if isinstance(content, list) else []
    return sum(len(_written(block)) for block in blocks if isinstance(block, dict))


def _written(block: dict[str, Any]) -> str:
    if block.get("type") == "tool_use":
        return json.dumps(block.get("input"), ensure_ascii=False)
    return str(block.get("text") or block.get("thinking") or "")
