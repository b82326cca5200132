"""The real agent CLI in a worktree of the demo repository, talking to the scripted model."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dispatch.briefs.origins import write_segment
from dispatch.briefs.schemas import result_schema
from dispatch.briefs.shapes import Origin, Segment
from dispatch.runs.workflows import WORKFLOWS, Workflow
from infra.laptop import claude, demo
from tests.model_door import served


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
    """Runs the CLI in the worktree by a brief of those parts, with the tools the workflow has and no others."""

    def run(workflow: str, *parts: tuple[str, str]) -> Run:
        prompt = _brief(workflow, [("The issue DISPATCH-1", "The total is wrong for orders with a discount"), *parts])
        command = _command(agent_cli, prompt, WORKFLOWS[workflow])
        done = subprocess.run(
            command, cwd=worktree, env=_environment(door, tmp_path), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        return Run([json.loads(line) for line in done.stdout.splitlines()])

    return run


def _brief(workflow: str, parts: list[tuple[str, str]]) -> str:
    segments = [Segment(heading=heading, text=text, origin=Origin.MEMBER) for heading, text in parts]
    return "\n\n".join([f"Workflow: {workflow}\nIssue: DISPATCH-1", *(write_segment(segment, fence="part-0a1b2c") for segment in segments)])


def _command(agent_cli: Path, prompt: str, workflow: Workflow) -> list[str]:
    names = dict.fromkeys(tool.partition("(")[0] for tool in workflow.tools)
    output = ("--output-format", "stream-json", "--verbose", "--json-schema", json.dumps(result_schema(workflow, wants_proof=False)))
    rights = ("--permission-mode", "dontAsk", "--tools", ",".join(names), "--allowedTools", ",".join(workflow.tools))
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
