"""Anthropic's Messages API through its SDK: one answer, streamed. Directly or by Bedrock; which, the settings say."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from dispatch.clients.model_prices import Tokens
from dispatch.kit.errors import Unavailable
from dispatch.kit.settings import settings

CONNECT_S = 5
CHECK_S = 10.0
SILENCE_S = 60  # the API pings every few seconds, so that longer silence means a dead connection
RETRIES = 2  # by the SDK, before the first event only
CHARACTERS_PER_TOKEN = 4  # to estimate what an answer that was broken off has cost
CACHED = {"type": "ephemeral"}
BROKEN = "The connection to the model broke in the middle of its answer. Try again."

Block = dict[str, Any]
Message = dict[str, Any]


class ModelFailed(Unavailable):
    """The model does not answer. Try again soon."""


class NoModelKey(ModelFailed):
    """There is no key for the model. Set ANTHROPIC_API_KEY, or MODEL_PROVIDER=bedrock."""


class NoAwsAccess(ModelFailed):
    """Bedrock needs AWS credentials and a region (AWS_REGION), and there are none."""


class WrongModelKey(ModelFailed):
    """The model's provider refuses the key. Check ANTHROPIC_API_KEY."""


class NoModelCredit(ModelFailed):
    """The account of the model's key cannot pay. Check its billing."""


class UnknownModel(ModelFailed):
    """The model's provider does not know this model. Check ORCHESTRATOR_MODEL."""


class ModelBusy(ModelFailed):
    """The model's provider is overloaded, or this key's rate limit is reached. Try again in a minute."""


class ModelUnreachable(ModelFailed):
    """The model cannot be reached. Check the network and ANTHROPIC_BASE_URL."""


class ModelSilent(ModelFailed):
    """The model stopped answering in the middle."""


class ModelRefusesRequest(ModelFailed):
    """The model's provider does not take the request."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a model: `messages` and `tools` in the API's own form."""

    model: str
    max_tokens: int
    system: str
    tools: list[dict[str, Any]]
    messages: list[Message]


@dataclass(frozen=True, slots=True)
class AnswerBegun:
    """The model has read the question; `tokens` is what that cost so far."""

    model: str
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class TextMade:
    """A piece of text, as it was made."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer whole. `content` goes back to the API as it is; `stop_reason` is the API's word, `detail` its words on a refusal."""

    content: list[Block]
    stop_reason: str
    model: str
    tokens: Tokens
    detail: str | None = None


Event = AnswerBegun | TextMade | Answer


def stream_answer(question: Question) -> Generator[Event]:
    """AnswerBegun, then text as it is made, then the Answer. Raises a ModelFailed whose sentence a person can act on."""
    with _translated(), _client().messages.stream(**_request(question)) as stream:
        for event in stream:
            if event.type == "message_start":
                yield AnswerBegun(event.message.model, _tokens(event.message.usage))
            elif event.type == "text":
                yield TextMade(event.text)
        message = stream.get_final_message()
        if message.stop_reason is None:  # a connection cut off may look like one that ended well
            raise ModelSilent(BROKEN)
        yield _answer(message)


def broken_off(begun: AnswerBegun, text: str) -> Tokens:
    """About what an answer cost that was not heard to its end: its output is estimated from the text that came."""
    output = max(begun.tokens.output, len(text) // CHARACTERS_PER_TOKEN)
    return Tokens(begun.tokens.input, output, begun.tokens.cache_read, begun.tokens.cache_write)


def _request(question: Question) -> dict[str, Any]:
    """The system's mark makes tools and system one cached piece; the messages' marks cache the conversation so far."""
    return {
        "model": question.model,
        "max_tokens": question.max_tokens,
        "system": [{"type": "text", "text": question.system, "cache_control": CACHED}],
        "tools": question.tools,
        "messages": _marked(question.messages),
    }


def _marked(messages: list[Message]) -> list[Message]:
    """The last two messages of the user's side end in a mark: what the next call will find, and what this one can find."""
    marked = list(messages)
    from_user = [index for index, message in enumerate(messages) if message["role"] == "user"]
    for index in from_user[-2:]:
        *before, last = messages[index]["content"]
        marked[index] = messages[index] | {"content": [*before, last | {"cache_control": CACHED}]}
    return marked


def check_model(name: str) -> None:
    """The key is good, and opens this model: asked for by name, which costs nothing. Raises ModelFailed."""
    with _translated():
        _client().with_options(max_retries=0, timeout=CHECK_S).models.retrieve(name)


def _client() -> Any:
    wanted = settings()
    if wanted.model_provider == "bedrock":
        return _bedrock()
    key = wanted.anthropic_api_key.get_secret_value()
    if not key and not wanted.anthropic_base_url:
        raise NoModelKey
    return _direct(key or "none", wanted.anthropic_base_url)


@cache
def _direct(key: str, base_url: str) -> Any:
    from anthropic import Anthropic  # 1.4 s of CPU: only who asks a model pays for it

    return Anthropic(api_key=key, base_url=base_url or "https://api.anthropic.com", timeout=_timeout(), max_retries=RETRIES)


@cache
def _bedrock() -> Any:
    from anthropic.lib.bedrock import AnthropicBedrock

    try:
        return AnthropicBedrock(timeout=_timeout(), max_retries=RETRIES)
    except ValueError as error:  # no region anywhere
        raise NoAwsAccess from error


def _timeout() -> Any:
    from httpx2 import Timeout

    return Timeout(SILENCE_S, connect=CONNECT_S)


def _answer(message: Any) -> Answer:
    details = getattr(message, "stop_details", None)
    return Answer(
        content=[block for block in map(_block, message.content) if block],
        stop_reason=message.stop_reason,
        model=message.model,
        tokens=_tokens(message.usage),
        detail=getattr(details, "explanation", None),
    )


def _block(block: Any) -> Block | None:
    """A block of an answer as the API takes it back: its own fields, and none that the SDK added."""
    match block.type:
        case "text":
            return {"type": "text", "text": block.text}
        case "tool_use":
            return {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}
        case "thinking":
            return {"type": "thinking", "thinking": block.thinking, "signature": block.signature}
        case "redacted_thinking":
            return {"type": "redacted_thinking", "data": block.data}
        case _:
            return None


def _tokens(usage: Any) -> Tokens:
    return Tokens(
        input=usage.input_tokens or 0,
        output=usage.output_tokens or 0,
        cache_read=usage.cache_read_input_tokens or 0,
        cache_write=usage.cache_creation_input_tokens or 0,
    )


@contextmanager
def _translated() -> Generator[None]:
    """The SDK's errors become ours, each with what a person can do about it."""
    import anthropic
    import httpx2

    try:
        yield
    except (anthropic.APITimeoutError, httpx2.TimeoutException) as error:
        raise ModelSilent("The model did not answer in time. Try again soon.") from error
    except anthropic.APIConnectionError as error:
        raise ModelUnreachable from error
    except httpx2.TransportError as error:
        raise ModelSilent(BROKEN) from error
    except anthropic.APIStatusError as error:
        raise _refusal(error) from error
    except RuntimeError as error:
        if settings().model_provider != "bedrock":
            raise
        raise NoAwsAccess from error  # what the SDK says where it finds nothing to sign with
    except (anthropic.AnthropicError, json.JSONDecodeError) as error:
        raise ModelFailed(f"The model's answer could not be read: {str(error)[:300]}") from error


def _refusal(error: Any) -> ModelFailed:
    """An error in the middle of a stream comes with status 200 and says its kind in the body alone."""
    for statuses, kinds, make in REFUSALS:
        if error.status_code in statuses or error.type in kinds:
            return make()
    words = str(error.api_message or error.message)[:300]
    return (
        ModelFailed(f"The model's provider failed: {words}")
        if error.status_code >= 500
        else ModelRefusesRequest(f"The model's provider does not take the request: {words}")
    )


REFUSALS = cast(
    "list[tuple[set[int], set[str], Callable[[], ModelFailed]]]",
    [
        ({401, 403}, {"authentication_error", "permission_error"}, WrongModelKey),
        ({402}, {"billing_error"}, NoModelCredit),
        ({404}, {"not_found_error"}, UnknownModel),
        ({429, 529}, {"rate_limit_error", "overloaded_error"}, ModelBusy),
    ],
)
