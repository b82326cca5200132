"""What the orchestrator can do. A new tool is a function and an entry in its family's TOOLS."""

from typing import Any

from dispatch.kit.errors import NotFound
from dispatch.kit.work import Work
from dispatch.orchestrator.tools import asking, fleet, limiting, reading, writing
from dispatch.orchestrator.tools.tool import Context, Tool

__all__ = ["Context", "Tool", "definitions", "use"]

TOOLS = {tool.name: tool for family in (reading, writing, asking, fleet, limiting) for tool in family.TOOLS}


class NoSuchTool(NotFound):
    """There is no such tool."""


def definitions() -> list[dict[str, Any]]:
    """Every tool as the Messages API takes it, always in the same order: the cache is lost otherwise."""
    return [tool.definition() for tool in TOOLS.values()]


def use(work: Work, name: str, given: dict[str, Any], context: Context) -> Any:
    """The tool has had its effect; what it found or did is returned. Raises NoSuchTool, BadInput, and whatever the room refuses."""
    if name not in TOOLS:
        raise NoSuchTool(f"There is no tool {name[:50]!r}. There are: {', '.join(TOOLS)}.")
    tool = TOOLS[name]
    return tool.use(work, tool.read(given), context)
