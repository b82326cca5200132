"""The runner as a job starts it: `python workflows/agent run`, a process with an environment and nothing else."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.agent.control_plane import MACHINE_KEY, RUN, ControlPlane

AGENT = Path(__file__).resolve().parents[3] / "workflows" / "agent"
Runner = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def plane() -> Iterator[ControlPlane]:
    with ControlPlane() as plane:
        yield plane


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """A git repository with one commit, on branch main."""
    path = tmp_path / "worktree"
    path.mkdir()
    (path / "README.md").write_text("hello\n")
    git(path, "init", "-q", "-b", "main")
    git(path, "add", "-A")
    git(path, "commit", "-q", "-m", "Begin")
    return path


@pytest.fixture
def start(tmp_path: Path, plane: ControlPlane, worktree: Path) -> Iterator[Runner]:
    """Starts the runner with the `claude` given, a path; what else is given are settings. Ends it with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(claude: Path | str, command: str = "run", **settings: str) -> subprocess.Popen[str]:
        job = {"DISPATCH_API_URL": plane.url, "DISPATCH_API_KEY": MACHINE_KEY, "DISPATCH_RUN_ID": RUN, "DISPATCH_GENERATION": "1"}
        places = {"DISPATCH_WORKTREE": str(worktree), "DISPATCH_SPOOL_DIR": str(tmp_path / "spool"), "DISPATCH_CLAUDE": str(claude)}
        environment = {"PATH": os.environ["PATH"], "ANTHROPIC_API_KEY": "the-model's-key"} | job | places | settings
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [sys.executable, str(AGENT), command], env=environment, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a Python program that stands in for the CLI. It has `tell(**line)`, `hear()`, `hand_in(...)`, and ends where its text ends."""

    def script(body: str) -> Path:
        path = tmp_path / "claude"
        path.write_text(f"#!{sys.executable}\n{PRELUDE}\n{body}\n")
        path.chmod(0o755)
        return path

    return script


PRELUDE = """
import json, os, signal, subprocess, sys, time

def tell(**line):
    print(json.dumps(line), flush=True)

def hear():
    line = sys.stdin.readline()
    return json.loads(line)["message"]["content"] if line else None

def speak(text, tokens=1000, model="claude-opus-5-5", number=[0]):
    number[0] += 1
    usage = {"input_tokens": tokens, "output_tokens": 1}
    tell(type="assistant", message={"id": f"m{number[0]}", "model": model, "content": [{"type": "text", "text": text}], "usage": usage})

def use(name, call="c", message=None, **arguments):
    tell(type="assistant", message={"id": message or call, "content": [{"type": "tool_use", "id": call, "name": name, "input": arguments}]})

def answer(call="c", text="fine"):
    tell(type="user", message={"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": text}]})

def work(number, tokens=75_000):
    "One call to the model, worth $0.30, with one tool in it."
    usage = {"input_tokens": tokens, "output_tokens": 1}
    block = {"type": "tool_use", "id": f"w{number}", "name": "Write", "input": {"file_path": f"{number}.txt"}}
    tell(type="assistant", message={"id": f"call-{number}", "model": "claude-opus-5-5", "content": [block], "usage": usage})
    open(f"{number}.txt", "w").write("x")
    answer(f"w{number}")

def hand_in(outcome="completed", summary="It is done.", cost=0.01, **more):
    output = {"outcome": outcome, "summary": summary} | more
    tell(type="result", subtype="success", is_error=False, terminal_reason="completed", num_turns=2, total_cost_usd=cost, structured_output=output)

tell(type="system", subtype="init", model="claude-opus-5-5", claude_code_version="0.0.1", tools=["Read"])
PROMPT = hear()
"""


def git(path: Path, *arguments: str) -> str:
    """Runs git as a person would."""
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return subprocess.run(["git", *identity, *arguments], cwd=path, check=True, capture_output=True, text=True).stdout
