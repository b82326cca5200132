"""The coding agents that a run can use: one small adapter for the CLI of each.

The runner knows one language, the stream-json of Claude Code: its events, course, meter and watch read nothing else. Another engine puts its lines into it.
"""

from agent.engines.claude import Claude
from agent.engines.language import Line
from agent.engines.shape import Engine, Start

__all__ = ["DEFAULT", "Engine", "Line", "Start", "UnknownEngineError", "engine_named"]

DEFAULT = "claude"
ENGINES: dict[str, type[Engine]] = {engine.name: engine for engine in (Claude,)}


class UnknownEngineError(Exception):
    """There is no engine of that name."""


def engine_named(name: str) -> Engine:
    """A fresh adapter of the engine that `.github/dispatch.toml` names. Raises `UnknownEngineError`."""
    if name not in ENGINES:
        raise UnknownEngineError(f"There is no engine {name!r}: it is one of {', '.join(ENGINES)}.")
    return ENGINES[name]()
