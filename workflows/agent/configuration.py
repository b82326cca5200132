"""What a repository says about itself in `.github/dispatch.toml`. On GitHub it is the one of the branch that the workflow runs on.

A word that nobody knows is told and passed over. One that sets a limit and cannot be read stops everything: a limit is never ignored.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

WHERE = ".github/dispatch.toml"
WORKFLOWS = {"auto-investigate", "prd-investigate", "prd-implement", "qa-test", "deep-research", "auto-triage"}
ENGINES = {"claude", "codex", "gemini"}
LIMITS = {"base", "protected", "caps"}
ARTIFACTS = ".dispatch/artifacts/**"  # where agents are told to put what people should see
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@\[\]-]{0,199}")  # a branch or a model: it becomes a word of a command line


@dataclass(frozen=True)
class Configuration:
    """`checks` maps a name to its command; `models` and `caps` (dollars) are by workflow, and `model` is for all others.

    `faults` are sentences on what was passed over; `broken` is the sentence on why none of it can be followed.
    """

    base: str | None = None
    setup: list[str] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)
    engine: str | None = None
    model: str | None = None
    models: dict[str, str] = field(default_factory=dict)
    caps: dict[str, float] = field(default_factory=dict)
    protected: list[str] = field(default_factory=list)
    artifacts: list[str] = field(default_factory=lambda: [ARTIFACTS])
    proof: str | None = None
    faults: list[str] = field(default_factory=list)
    broken: str | None = None

    def applied(self, brief: dict[str, Any], workflow: str) -> dict[str, Any]:
        """The brief as this repository wants it: its own engine and model, and its cap where that is the lower one."""
        wishes = {"engine": self.engine, "model": self.models.get(workflow) or self.model}
        cap_usd = min(float(brief["cap_usd"]), self.caps.get(workflow, float("inf")))
        return brief | {name: wish for name, wish in wishes.items() if wish} | {"cap_usd": cap_usd}


def read_configuration(path: Path) -> Configuration:
    """What the file says; nothing where there is none."""
    try:
        text = path.read_text() if path.is_file() else ""
        said = tomllib.loads(text)
    except (OSError, ValueError) as error:
        return Configuration(broken=f"{WHERE} cannot be read: {error}")
    found: dict[str, Any] = {}
    faults: list[str] = []
    for name, value in _flat(said):
        try:
            found[name] = _reader(name)(value)
        except ValueError as error:
            faults.append(f"{WHERE}: {name} {error}")
            if name.split(".")[0] in LIMITS:
                return Configuration(broken=faults[-1])
    return replace(_built(found), faults=faults)


def _built(found: dict[str, Any]) -> Configuration:
    return Configuration(
        base=found.get("base"),
        setup=found.get("setup.commands", []),
        checks=_table(found, "checks"),
        engine=found.get("agent.engine"),
        model=found.get("agent.model"),
        models=_table(found, "models"),
        caps=_table(found, "caps"),
        protected=found.get("protected", []),
        artifacts=[ARTIFACTS, *found.get("artifacts", [])],
        proof=found.get("proof.command"),
    )


def _table(found: dict[str, Any], table: str) -> dict[str, Any]:
    return {name.removeprefix(f"{table}."): value for name, value in found.items() if name.startswith(f"{table}.")}


def _flat(said: dict[str, Any]) -> list[tuple[str, Any]]:
    """Every value with its name, `table.key` for one that stands in a table."""
    rows: list[tuple[str, Any]] = []
    for name, value in said.items():
        rows += [(f"{name}.{key}", inner) for key, inner in value.items()] if isinstance(value, dict) else [(name, value)]
    return rows


def _reader(name: str) -> Callable[[Any], Any]:
    table, _, key = name.partition(".")
    found = READERS.get(name) or READERS.get(f"{table}.*" if key else "")
    if found is None:
        raise ValueError("is not known.")
    if table in {"models", "caps"} and key not in WORKFLOWS:
        raise ValueError(f"is not known: the workflows are {', '.join(sorted(WORKFLOWS))}.")
    return found


def _words(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be words in quotes.")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not PLAIN.fullmatch(value) or ".." in value:
        raise ValueError("must be a plain name in quotes.")
    return value


def _engine(value: Any) -> str:
    if value not in ENGINES:
        raise ValueError(f"must be one of {', '.join(sorted(ENGINES))}.")
    return value


def _commands(value: Any) -> list[str]:
    return [_words(command) for command in value] if isinstance(value, list) else [_words(value)]


def _patterns(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip("/") and not one.startswith("!") for one in value):
        raise ValueError("must be a list of path patterns; none begins with an exclamation mark.")
    return value


def _dollars(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError("must be a number of dollars above 0.")
    return float(value)


def _proof_command(value: Any) -> str:
    if "{test}" not in _words(value):
        raise ValueError("must hold {test}, where the test's name goes.")
    return value


READERS: dict[str, Callable[[Any], Any]] = {
    "base": _name,
    "protected": _patterns,
    "artifacts": _patterns,
    "setup.commands": _commands,
    "checks.*": _words,
    "agent.engine": _engine,
    "agent.model": _name,
    "models.*": _name,
    "caps.*": _dollars,
    "proof.command": _proof_command,
}
