"""The lines of the runner's language, which is Claude Code's stream-json, as an adapter says them; and a safe hand on lines of others."""

from typing import Any

Line = dict[str, Any]


def assistant(block: Line) -> Line:
    """The model says, thinks or does something. There is no id: the toll tells the calls."""
    return {"type": "assistant", "message": {"content": [block]}}


def tool_result(call: object, text: str, *, is_error: bool) -> Line:
    """A tool has answered."""
    return {"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": call, "content": text, "is_error": is_error}]}}


def notice(level: str, text: object) -> Line:
    """The CLI says something itself."""
    return {"type": "system", "subtype": "notice", "level": level, "text": text}


def as_dict(value: object) -> Line:
    """`value`, or an empty one where it is no object."""
    return value if isinstance(value, dict) else {}


def number(value: object) -> int:
    """`value`, or 0 where it is no count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
