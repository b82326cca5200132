"""The coding agents that a run can use: one small adapter for the CLI of each.

The runner knows one language, the stream-json of Claude Code: its events, course, meter and watch read nothing else. The other engines put
their lines into it. Their messages carry no id, as it is the toll that tells where one call to the model ends and the next begins.
"""

from agent.engines.claude import Claude
from agent.engines.codex import Codex
from agent.engines.gemini import Gemini
from agent.engines.language import Line
from agent.engines.shape import Engine, Start

__all__ = ["DEFAULT", "Engine", "Line", "Start", "UnknownEngineError", "engine_named"]

DEFAULT = "claude"
ENGINES: dict[str, type[Engine]] = {engine.name: engine for engine in (Claude, Codex, Gemini)}


class UnknownEngineError(Exception):
    """There is no engine of that name."""


def engine_named(name: str) -> Engine:
    """A fresh adapter of the engine that `.github/dispatch.toml` names. Raises `UnknownEngineError`."""
    if name not in ENGINES:
        raise UnknownEngineError(f"There is no engine {name!r}: it is one of {', '.join(ENGINES)}.")
    return ENGINES[name]()
