"""The wire shapes of a message: whole, or as the server-sent events of a stream."""

import json
import re
from collections.abc import Iterator
from secrets import token_hex

from infra.laptop.model.script import Call, Json, Step
from infra.laptop.model.usage import CHARACTERS_PER_TOKEN, output_tokens, tokens_in, usage_of, worth

FEW_WORDS = re.compile(r"\s*(?:\S+\s*){1,3}")  # a piece of text as a person sees it arrive
JSON_PIECE = 60  # letters of a tool's input in one piece
BEGUN = {"stop_reason": None, "stop_sequence": None}


def message(body: Json, step: Step, usd: float | None = None) -> Json:
    """The whole message, for a request without `stream`. `usd` is what it shall cost; None: what its tokens do."""
    step, stop_reason = _within(step, body["max_tokens"])
    content: list[Json] = [{"type": "text", "text": step.text}] if step.text else []
    content += [_tool_use(call) | {"input": call.input} for call in step.calls]
    usage = _usage(body, step, usd)
    return _opening(body) | {"content": content, "stop_reason": stop_reason, "usage": usage}


def events(body: Json, step: Step, usd: float | None = None) -> Iterator[Json]:
    """The same message as the API streams it, event by event."""
    step, stop_reason = _within(step, body["max_tokens"])
    usage = _usage(body, step, usd)
    yield {"type": "message_start", "message": _opening(body) | {"content": [], "usage": usage | {"output_tokens": 1}}}
    yield {"type": "ping"}
    blocks = [_text_block(step.text)] if step.text else []
    for index, block in enumerate([*blocks, *map(_tool_block, step.calls)]):
        yield from (event | {"index": index} for event in block)
    final = {key: count for key, count in usage.items() if key.endswith("put_tokens")}
    yield {"type": "message_delta", "delta": BEGUN | {"stop_reason": stop_reason}, "usage": final}
    yield {"type": "message_stop"}


def _usage(body: Json, step: Step, usd: float | None) -> Json:
    usage = usage_of(body) | {"output_tokens": output_tokens(step)}
    return usage if usd is None else worth(usage, body["model"], usd)


def as_server_sent(event: Json) -> bytes:
    """An event as bytes of the stream."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _opening(body: Json) -> Json:
    return {"id": f"msg_{token_hex(12)}", "type": "message", "role": "assistant", "model": body["model"]} | BEGUN


def _text_block(text: str) -> Iterator[Json]:
    yield {"type": "content_block_start", "content_block": {"type": "text", "text": ""}}
    for piece in FEW_WORDS.findall(text):
        yield {"type": "content_block_delta", "delta": {"type": "text_delta", "text": piece}}
    yield {"type": "content_block_stop"}


def _tool_block(call: Call) -> Iterator[Json]:
    written = json.dumps(call.input, ensure_ascii=False)
    yield {"type": "content_block_start", "content_block": _tool_use(call)}
    for start in range(0, len(written), JSON_PIECE):
        piece = written[start : start + JSON_PIECE]
        yield {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": piece}}
    yield {"type": "content_block_stop"}


def _tool_use(call: Call) -> Json:
    return {"type": "tool_use", "id": f"toolu_{token_hex(12)}", "name": call.name, "input": {}}


def _within(step: Step, max_tokens: int) -> tuple[Step, str]:
    """The step cut to the request's limit, and why the message stops."""
    if output_tokens(step) <= max_tokens:
        return step, "tool_use" if step.calls else "end_turn"
    calls = step.calls if tokens_in(step.text) == 0 else ()  # half a tool call is of no use to anybody
    return Step(step.text[: max_tokens * CHARACTERS_PER_TOKEN], calls), "max_tokens"
