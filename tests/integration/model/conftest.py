"""The real agent CLI in a worktree of the demo repository, talking to the scripted model."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dispatch.runs.workflows import WORKFLOWS
from infra.laptop import claude, demo
from tests.model_door import served

TEXT = {"type": "string"}
PLAN_PARTS = ("summary", "data", "api", "ui", "dependencies", "tests", "risks", "stop_conditions", "complexity")
FILE = {"type": "object", "additionalProperties": False, "properties": {"path": TEXT, "change": TEXT}, "required": ["path", "change"]}
PLAN = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"files": {"type": "array", "items": FILE}, **dict.fromkeys(PLAN_PARTS, TEXT)},
    "required": ["files", *PLAN_PARTS],
}
QUESTION = {"type": "object", "properties": {"category": TEXT, "text": TEXT}, "required": ["category", "text"]}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "outcome": {
            "type": "string",
            "enum": ["completed", "no_changes_needed", "investigation_complete", "blocked", "needs_decision", "failed"],
        },
        "summary": TEXT,
        "report": TEXT,
        "plan": PLAN,
        "question": QUESTION,
    },
    "required": ["outcome", "summary"],
}


@dataclass(frozen=True)
class Run:
    """What the CLI printed, line by line."""

    lines: list[dict[str, Any]]

    @property
    def result(self) -> dict[str, Any]:
        return next(line for line in self.lines if line["type"] == "result")

    @property
    def handed_in(self) -> dict[str, Any]:
        assert not self.result["is_error"], self.result
        return self.result["structured_output"]

    def used(self, tool: str) -> list[dict[str, Any]]:
        blocks = (block for line in self.lines if line["type"] == "assistant" for block in line["message"]["content"])
        return [block["input"] for block in blocks if block["type"] == "tool_use" and block["name"] == tool]


@pytest.fixture(scope="session")
def agent_cli() -> Path:
    """The pinned CLI: given, found, or fetched once."""
    data = Path(__file__).parents[3] / ".dispatch"
    data.mkdir(exist_ok=True)
    return claude.ensure(data, tell=print)


@pytest.fixture(scope="session")
def door() -> Iterator[str]:
    """The address of a door that loses no time."""
    with served() as address:
        yield address


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """A worktree of a fresh demo repository, on a branch of its own, as a run gets one."""
    repository = demo.make(tmp_path / "demo")
    place = tmp_path / "worktree"
    subprocess.run(["git", "worktree", "add", "-q", "-b", "dispatch/dispatch-1", str(place)], cwd=repository, check=True)
    return place


@pytest.fixture
def act(agent_cli: Path, door: str, worktree: Path, tmp_path: Path) -> Callable[..., Run]:
    """Runs the CLI in the worktree by a brief, with the tools the workflow has and no others."""

    def run(workflow: str, brief: str = "") -> Run:
        prompt = f"Workflow: {workflow}\nIssue: DISPATCH-1\nTitle: The total is wrong for orders with a discount\n\n{brief}"
        command = _command(agent_cli, prompt, WORKFLOWS[workflow].tools)
        done = subprocess.run(
            command, cwd=worktree, env=_environment(door, tmp_path), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        return Run([json.loads(line) for line in done.stdout.splitlines()])

    return run


def _command(agent_cli: Path, prompt: str, tools: tuple[str, ...]) -> list[str]:
    names = dict.fromkeys(tool.partition("(")[0] for tool in tools)
    output = ("--output-format", "stream-json", "--verbose", "--json-schema", json.dumps(SCHEMA))
    rights = ("--permission-mode", "dontAsk", "--tools", ",".join(names), "--allowedTools", ",".join(tools))
    return [str(agent_cli), "-p", prompt, "--model", "claude-opus-5-5", *output, *rights]


def _environment(door: str, home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "ANTHROPIC_BASE_URL": door,
        "ANTHROPIC_API_KEY": "any",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
