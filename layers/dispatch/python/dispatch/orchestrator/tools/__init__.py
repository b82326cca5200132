"""What the orchestrator can do. A new tool is a function and an entry in its family's TOOLS."""

from collections.abc import Callable
from typing import Any

from dispatch.kit.errors import NotFound
from dispatch.kit.work import Work
from dispatch.orchestrator.tools import asking, asking_logs, erring, fixing, fleet, limiting, reading, writing
from dispatch.orchestrator.tools.tool import Context, Tool

__all__ = ["Context", "Tool", "definitions", "question", "use"]

TOOLS = {tool.name: tool for family in (reading, writing, asking, fleet, limiting, asking_logs, erring, fixing) for tool in family.TOOLS}


class NoSuchTool(NotFound):
    """There is no such tool."""


def definitions() -> list[dict[str, Any]]:
    """Every tool as the Messages API takes it, always in the same order: the cache is lost otherwise."""
    return [tool.definition() for tool in TOOLS.values()]


def question(name: str, given: dict[str, Any], context: Context) -> Callable[[], Any] | None:
    """What the tool asks of others, to be called with no work open; None for one that is content with our own rows.

    Raises NoSuchTool and BadInput.
    """
    tool = _named(name)
    if tool.ask is None:
        return None
    ask, wanted = tool.ask, tool.read(given)
    return lambda: ask(wanted, context)


def use(work: Work, name: str, given: dict[str, Any], context: Context) -> Any:
    """The tool has had its effect; what it found or did is returned. Raises NoSuchTool, BadInput, and whatever the room refuses."""
    tool = _named(name)
    assert tool.use is not None  # noqa: S101 - one that asks others is asked
    return tool.use(work, tool.read(given), context)


def _named(name: str) -> Tool:
    if name not in TOOLS:
        raise NoSuchTool(f"There is no tool {name[:50]!r}. There are: {', '.join(TOOLS)}.")
    return TOOLS[name]
