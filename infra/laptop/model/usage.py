"""Plausible token counts: about four characters a token, and a prompt cache told from the request alone."""

import json
from collections.abc import Sequence
from typing import Any

from dispatch.clients.model_prices import Tokens, cost_usd
from infra.laptop.model.script import Json, Step

CHARACTERS_PER_TOKEN = 4
OVERHEAD_PER_CALL = 12  # the name, the brackets


def tokens_in(value: Any) -> int:
    """About how many tokens a text or a JSON value is; 0 for nothing."""
    if not value:
        return 0
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def input_tokens(body: Json) -> int:
    """About how many tokens the whole request is."""
    return tokens_in(body.get("tools")) + tokens_in(body.get("system")) + sum(tokens_in(message["content"]) for message in body["messages"])


def output_tokens(step: Step) -> int:
    """About how many tokens a step is; at least one."""
    return max(1, tokens_in(step.text) + sum(tokens_in(call.input) + OVERHEAD_PER_CALL for call in step.calls))


def usage_of(body: Json) -> Json:
    """The `usage` of a message's start.

    With a cache breakpoint in the request, all up to the latest answer was in the request before this one: that much is read from the
    cache, the rest up to the last breakpoint is written to it.
    """
    whole = input_tokens(body)
    cacheable = _up_to_last_breakpoint(body)
    read = min(cacheable, _up_to_latest_answer(body))
    written = cacheable - read
    return {
        "input_tokens": whole - cacheable,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 1,
        "service_tier": "standard",
    }


def worth(usage: Json, model: str, usd: float) -> Json:
    """`usage`, with as many tokens of input as make the call worth `usd`; as it is where the model's price is not known.

    For trying out a run's limits: real calls cost what they cost.
    """
    read = {"input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    output, million = (cost_usd(model, Tokens(output=usage["output_tokens"])), cost_usd(model, Tokens(input=1_000_000)))
    if output is None or not million:
        return usage
    return usage | read | {"input_tokens": max(0, round((usd - float(output)) / float(million) * 1_000_000)), "cache_creation": None}


def _segments(body: Json) -> list[tuple[str, Any]]:
    """The request in the order the API caches it: tools, system, messages, block by block."""
    system = body.get("system") or []
    parts = [("tools", tool) for tool in body.get("tools", [])]
    parts += [("system", block) for block in ([system] if isinstance(system, str) else system)]
    for message in body["messages"]:
        content = message["content"]
        parts += [(message["role"], block) for block in ([content] if isinstance(content, str) else content)]
    return parts


def _up_to_last_breakpoint(body: Json) -> int:
    segments = _segments(body)
    if body.get("cache_control"):  # the whole request, by the request's own word
        return input_tokens(body)
    marked = [index for index, (_, block) in enumerate(segments) if isinstance(block, dict) and block.get("cache_control")]
    return min(input_tokens(body), _tokens(segments[: marked[-1] + 1])) if marked else 0


def _up_to_latest_answer(body: Json) -> int:
    segments = _segments(body)
    answers = [index for index, (role, _) in enumerate(segments) if role == "assistant"]
    return _tokens(segments[: answers[-1]]) if answers else 0


def _tokens(segments: Sequence[tuple[str, Any]]) -> int:
    return sum(tokens_in(block) for _, block in segments)
