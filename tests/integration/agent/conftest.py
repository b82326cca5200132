"""The real Claude Code CLI, the real runner, and a model whose words the test writes."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.laptop.claude import OVERRIDE, ensure, place
from tests.integration.agent.messages_api import Block, MessagesApi
from tests.unit.agent.conftest import Runner, git, plane, start, worktree
from tests.unit.agent.control_plane import ControlPlane

__all__ = ["plane", "start", "worktree"]

ROOT = Path(__file__).resolve().parents[3]
Act = Callable[..., MessagesApi]


@pytest.fixture(scope="session")
def claude() -> Path:
    """The CLI that `dispatch up` uses: `DISPATCH_CLAUDE`, or the pinned one, fetched by npm where it is not there yet."""
    found = place(ROOT / ".dispatch")
    return found if found.exists() and not os.environ.get(OVERRIDE) else ensure(ROOT / ".dispatch", tell=print)


@pytest.fixture
def act(claude: Path, start: Runner, plane: ControlPlane, worktree: Path) -> Iterator[Act]:
    """Plays a whole run with the turns given, `REPO` in them standing for the worktree; returns the API that was asked."""
    apis: list[MessagesApi] = []

    def act(
        *turns: list[Block],
        refuse_with: int | None = None,
        tokens: tuple[int, int] = (1000, 50),
        landing: list[Block] | None = None,
        **settings: str,
    ) -> MessagesApi:
        placed = [[in_worktree(block, worktree) for block in turn] for turn in turns]
        api = MessagesApi(placed, refuse_with=refuse_with, tokens=tokens, landing=landing)
        apis.append(api.__enter__())
        runner = start(claude, ANTHROPIC_BASE_URL=api.url, **settings)
        _, err = runner.communicate(timeout=100)
        assert runner.returncode == 0, err
        assert plane.result is not None
        return api

    yield act
    for api in apis:
        api.__exit__()


def in_worktree(block: Block, worktree: Path) -> Block:
    """`block` with every `REPO` in its input replaced."""
    given = {
        key: value.replace("REPO", str(worktree)) if isinstance(value, str) else value for key, value in block.get("input", {}).items()
    }
    return block | ({"input": given} if given else {})


def changes_in(worktree: Path) -> str:
    """What git sees as different from the last commit; empty for nothing."""
    return git(worktree, "status", "--porcelain")
