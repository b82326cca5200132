"""A whole run on the demo repository under a dear model: the real runner, the real CLI, the scripted model at $0.30 a call."""

from pathlib import Path

import pytest

from dispatch.briefs.schemas import result_schema
from dispatch.runs.workflows import WORKFLOWS
from infra.laptop import demo
from tests.model_door import served
from tests.unit.agent.conftest import Runner
from tests.unit.agent.control_plane import ControlPlane, brief

PROMPT = """Workflow: prd-implement
Issue: DISPATCH-1

## The issue DISPATCH-1

The total is wrong for orders with a discount

## The approved plan (version 1)

The discount is taken off once.
"""

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """The demo repository."""
    return demo.make(tmp_path / "demo")


def play(claude: Path, start: Runner, plane: ControlPlane, *, cap_usd: float) -> dict:
    workflow = WORKFLOWS["prd-implement"]
    told = {
        "result_schema": result_schema(workflow, wants_proof=False),
        "tools": list(workflow.tools),
        "writes_code": True,
        "cap_usd": cap_usd,
    }
    plane.told = brief(prompt=PROMPT, **told)
    with served(usd_per_call=0.3) as model:
        runner = start(claude, ANTHROPIC_BASE_URL=model)
        _, err = runner.communicate(timeout=120)
    assert runner.returncode == 0, err
    assert plane.result is not None
    return plane.result


def test_a_run_with_room_does_its_work(claude: Path, start: Runner, plane: ControlPlane) -> None:
    result = play(claude, start, plane, cap_usd=25)

    assert result["outcome"] == "completed"
    assert "Landing" not in plane.notices()
    assert result["cost_usd"] == pytest.approx(2.7, abs=0.01)


def test_a_run_whose_cap_comes_closer_lands_with_what_it_has(claude: Path, start: Runner, plane: ControlPlane) -> None:
    result = play(claude, start, plane, cap_usd=2)

    assert result["cost_usd"] == pytest.approx(1.8, abs=0.01)  # told at $1.50: the next call is the one that crosses the line of $1.60
    assert result["outcome"] == "blocked"
    assert [commit["subject"] for commit in result["patch"]["commits"]] == ["Keep the work so far"]
    assert [file["path"] for file in result["patch"]["files"]] == ["shop/orders.py"]
    for part in ("## Done", "## Not done", "## Next"):
        assert part in result["report"]
