"""What is wrong with a request, in the shapes and words of the API."""

from collections.abc import Mapping, Sequence

from infra.laptop.model.reading import blocks_of
from infra.laptop.model.script import Json

ROLES = {"user", "assistant", "system"}  # "system" in the middle of a conversation is what Claude Code sends


class Refusal(Exception):
    """The API's answer to a request it does not take."""

    def __init__(self, status: int, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.kind = status, kind

    def body(self) -> Json:
        """The refusal as the API writes it."""
        return {"type": "error", "error": {"type": self.kind, "message": str(self)}}


def refuse_strangers(headers: Mapping[str, str]) -> None:
    """Somebody without any key is refused; which key it is does not matter here."""
    if not headers.get("x-api-key") and not headers.get("authorization"):
        raise Refusal(401, "authentication_error", "x-api-key header is required")


def refuse_bad_request(body: Json, *, counting: bool = False) -> None:
    """A request that the API would not take is refused with the API's words."""
    for key in ("model", "messages") if counting else ("model", "max_tokens", "messages"):
        if key not in body:
            raise _invalid(f"{key}: Field required")
    if not isinstance(body["model"], str):
        raise _invalid("model: Input should be a valid string")
    if not counting and not (isinstance(body["max_tokens"], int) and body["max_tokens"] >= 1):
        raise _invalid("max_tokens: Input should be greater than or equal to 1")
    if not isinstance(body["messages"], list) or not body["messages"]:
        raise _invalid("messages: at least one message is required")
    for index, message in enumerate(body["messages"]):
        _refuse_bad_message(index, message)
    _refuse_bad_tool_pairs(body["messages"])


def _refuse_bad_message(index: int, message: Json) -> None:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise _invalid(f"messages.{index}.role: Input should be 'user' or 'assistant'")
    content = message.get("content")
    if not isinstance(content, str | list) or (isinstance(content, list) and any(not isinstance(block, dict) for block in content)):
        raise _invalid(f"messages.{index}.content: Input should be a valid string or a list of content blocks")
    if not content and message["role"] == "user":
        raise _invalid(f"messages.{index}: user messages must have non-empty content")


def _refuse_bad_tool_pairs(messages: Sequence[Json]) -> None:
    """Every tool use has its result in the next message, and every result its use in the one before."""
    spoken = [(index, message) for index, message in enumerate(messages) if message["role"] != "system"]
    waiting: list[str] = []
    for index, message in spoken:
        given = [block.get("tool_use_id", "") for block in blocks_of(message, "tool_result")]
        if forgotten := [use for use in waiting if use not in given]:
            raise _invalid(
                f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(forgotten)}. "
                "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
            )
        if strange := [use for use in given if use not in waiting]:
            raise _invalid(
                f"messages.{index}.content: unexpected `tool_use_id` found in `tool_result` blocks: {', '.join(strange)}. "
                "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        waiting = [block["id"] for block in blocks_of(message, "tool_use")]


def _invalid(sentence: str) -> Refusal:
    return Refusal(400, "invalid_request_error", sentence)
