"""Whole runs with an engine other than Claude Code: a script in its CLI's place, that says what the CLI was recorded to say."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.agent.conftest import Runner
from tests.unit.agent.control_plane import ControlPlane, brief
from tests.unit.agent.test_toll import KEY, Upstream

STREAMS = Path(__file__).parent / "streams"
RECORDED = {"codex": "codex-0.169.0-read", "gemini": "gemini-0.61.0-read"}
KEYS = {"codex": ("OPENAI_API_KEY", "OPENAI_BASE_URL"), "gemini": ("GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL")}
THIRTY_CENTS = {"input_tokens": 150_000, "output_tokens": 0}  # of gpt-6-sol

PRELUDE = """
import json, os, re, sys, time, urllib.error, urllib.request

PROMPT = sys.stdin.read()

def tell(**line):
    print(json.dumps(line), flush=True)

def call():
    "One call to the model, as the CLI is told to make it; whether it was let through."
    address = re.search('base_url="(.*?)"', " ".join(sys.argv))[1]
    key = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
    try:
        urllib.request.urlopen(urllib.request.Request(address + "/responses", b"{}", key)).read()
        return True
    except urllib.error.HTTPError:
        return False

def run(number, command="true"):
    item = {"id": f"item_{number}", "type": "command_execution", "command": f"{command} {number}"}
    tell(type="item.started", item=item | {"status": "in_progress"})
    open(f"{number}.txt", "w").write("x")
    tell(type="item.completed", item=item | {"status": "completed", "exit_code": 0, "aggregated_output": ""})

def hand_in(**output):
    tell(type="item.completed", item={"id": "last", "type": "agent_message", "text": json.dumps(output)})
    tell(type="turn.completed", usage={"input_tokens": 0, "output_tokens": 0})

"""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    upstream.kind, upstream.answer = "application/json", json.dumps({"usage": THIRTY_CENTS})
    yield upstream
    upstream.server.shutdown()
    upstream.server.server_close()


@pytest.fixture
def act(tmp_path: Path, start: Runner, upstream: Upstream) -> Callable[..., None]:
    """Plays a whole run with `body` as the CLI of `engine`."""

    def act(body: str, engine: str = "codex") -> None:
        program = tmp_path / engine
        program.write_text(f"#!{sys.executable}\n{PRELUDE}\n{body}\n")
        program.chmod(0o755)
        key, address = KEYS[engine]
        runner = start("no-claude-here", **{f"DISPATCH_{engine.upper()}": str(program), key: KEY, address: upstream.url})
        _, err = runner.communicate(timeout=30)
        assert runner.returncode == 0, err

    return act


def told(engine: str = "codex", **changes) -> dict:
    return brief(engine=engine, model="gpt-6-sol" if engine == "codex" else "gemini-3-pro", **changes)


@pytest.mark.parametrize("engine", RECORDED)
def test_what_a_cli_was_recorded_to_say_becomes_a_run_with_its_hand_in(plane: ControlPlane, act, engine: str) -> None:
    plane.told = told(engine)

    act(f"print(open({str(STREAMS / f'{RECORDED[engine]}.jsonl')!r}).read())", engine)

    assert plane.result is not None
    assert (plane.result["outcome"], plane.result["summary"]) == ("completed", "It is done.")
    assert plane.result["cost_usd"] > 0
    assert plane.result["usage"]["cache_read_tokens"] > 0
    assert plane.of_kind("message")[0]["text"] == "I look."
    assert "tool_result" in plane.kinds()


def test_each_call_counts_when_it_has_ended(plane: ControlPlane, act) -> None:
    plane.told = told()

    act('tell(type="thread.started", thread_id="t")\ncall()\nrun(1)\ncall()\nhand_in(outcome="completed", summary="Done.")')

    assert plane.result is not None
    assert plane.result["outcome"] == "completed"
    assert plane.result["cost_usd"] == pytest.approx(0.6)
    assert plane.result["usage"]["input_tokens"] == 300_000


def test_a_run_gets_no_call_that_would_pass_its_cap_and_keeps_its_work(plane: ControlPlane, act, upstream: Upstream) -> None:
    plane.told = told(cap_usd=1.0, writes_code=True)

    act("number = 0\nwhile call():\n    number += 1\n    run(number)\ntime.sleep(60)")

    assert plane.result is not None
    assert len(upstream.asked) == 3
    assert plane.result["outcome"] == "failed"
    assert plane.result["summary"] == "The run's cap of $1.00 has no room for another call: $0.90 is spent."
    assert [file["path"] for file in plane.result["patch"]["files"]] == ["1.txt", "2.txt", "3.txt"]


def test_the_hand_in_of_the_last_call_that_fits_is_taken(plane: ControlPlane, act) -> None:
    plane.told = told(cap_usd=1.0)

    act('for number in range(3):\n    call()\ntime.sleep(0.5)\nhand_in(outcome="blocked", summary="Half of it.")')

    assert plane.result is not None
    assert (plane.result["outcome"], plane.result["cost_usd"]) == ("blocked", pytest.approx(0.9))


def test_a_persons_words_are_told_as_not_delivered(plane: ControlPlane, act) -> None:
    plane.told = told()
    plane.orders = [{"directive": "continue", "say": []}] * 3 + [{"directive": "continue", "say": [{"id": "1", "text": "Stop that"}]}]

    act('time.sleep(2)\nhand_in(outcome="completed", summary="Done.")')

    assert "A person says: Stop that" in plane.notices()
    assert "codex cannot be spoken to while it works: it did not get this message." in plane.notices()


def test_a_run_that_has_to_land_is_ended_before_its_next_call(plane: ControlPlane, act, upstream: Upstream) -> None:
    plane.told = told(writes_code=True)
    plane.orders = [{"directive": "continue", "say": []}] * 3 + [{"directive": "land", "say": []}]

    act("call()\ntime.sleep(1)\nrun(1)\ntime.sleep(60)\ncall()")

    assert plane.result is not None
    assert len(upstream.asked) == 1
    assert plane.result["summary"] == "The control plane asks you to come to an end."
    assert [file["path"] for file in plane.result["patch"]["files"]] == ["1.txt"]


def test_the_agent_has_nobodys_key(plane: ControlPlane, act, tmp_path: Path) -> None:
    plane.told = told()
    seen = tmp_path / "seen"

    act(f'open({str(seen)!r}, "w").write(str(dict(os.environ)) + str(sys.argv))\nhand_in(outcome="completed", summary="Done.")')

    assert "OPENAI_API_KEY" in seen.read_text()
    assert KEY not in seen.read_text()
    assert "ANTHROPIC" not in seen.read_text()
    assert "the-model's-key" not in seen.read_text()


def test_a_turn_that_failed_is_a_failed_run_that_costs_what_was_spent(plane: ControlPlane, act) -> None:
    plane.told = told()

    act('call()\ntell(type="turn.failed", error={"message": "the model is gone"})\nsys.exit(1)')

    assert plane.result is not None
    assert plane.result["outcome"] == "failed"
    assert "the model is gone" in plane.result["summary"]
    assert plane.result["cost_usd"] == pytest.approx(0.3)
