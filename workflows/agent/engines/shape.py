"""What differs from one agent CLI to the next, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from agent.engines.language import Line
from agent.toll import Api


@dataclass(frozen=True)
class Start:
    """What a CLI is started with. `home` is its home directory, for it alone; `access` is the way to its model, by setting."""

    program: str
    brief: dict[str, Any]
    home: Path
    access: Mapping[str, str]

    @property
    def logs(self) -> Path:
        """The command that asks production's logs."""
        return self.home / "bin" / "logs"


class Engine(Protocol):
    """The adapter of one CLI; an instance reads the lines of one process.

    `access` are the settings that lead to its model. `hears`: it can be spoken to while it works. `api`: the model's API, where calls have
    to be counted on their way; None where the CLI itself tells what each call costs.
    """

    name: str
    hears: bool
    access: tuple[str, ...]
    api: Api | None

    def command(self, start: Start) -> list[str]:
        """The argument vector, without the prompt. What the CLI is to find in files has been written."""
        ...

    def environment(self, start: Start) -> dict[str, str]:
        """What its environment holds besides that of every command."""
        ...

    def spoken(self, text: str) -> bytes:
        """`text`, as its standard input takes it for a person's words."""
        ...

    def put(self, line: Line) -> list[Line]:
        """A line of its output, put into the runner's language."""
        ...
