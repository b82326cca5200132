"""A run's limits hold against every way of an agent to go on: its cap, its circles, its silence, its floods, its hidden processes."""

import time
from pathlib import Path

import pytest

from agent.watch import Watch
from tests.unit.agent.conftest import Runner, git
from tests.unit.agent.control_plane import ControlPlane, brief
from tests.unit.agent.test_run import is_alive

CAPPED = brief(cap_usd=1.0, writes_code=True)


def test_an_agent_is_told_to_land_before_the_call_that_would_cross_the_line(plane: ControlPlane, start: Runner, script) -> None:
    plane.told = CAPPED
    claude = script("work(1)\nwork(2)\nspeak(hear(), tokens=75_000)\nhand_in(cost=0.9)\n")

    start(claude).communicate(timeout=20)

    assert plane.result is not None
    (landing,) = plane.of_kind("message")
    assert "There is room for 1 more call like the last. Land now" in landing["text"]
    assert (plane.result["outcome"], plane.result["cost_usd"]) == ("completed", 0.9)
    assert "$0.60 of the run's cap of $1.00 is spent" in plane.notices()


def test_an_agent_that_does_not_land_gets_no_call_that_would_pass_the_cap(plane: ControlPlane, start: Runner, script) -> None:
    plane.told = CAPPED
    claude = script("for n in range(1, 20):\n    work(n)\n    time.sleep(0.2)\n")

    start(claude).communicate(timeout=20)

    assert plane.result is not None
    assert [data["input"]["file_path"] for data in plane.of_kind("tool_use")] == ["1.txt", "2.txt", "3.txt"]
    assert plane.result["cost_usd"] == pytest.approx(0.9, abs=0.01)
    assert plane.result["summary"] == "The run's cap of $1.00 has no room for another call: $0.90 is spent."


def test_the_hand_in_of_the_call_that_crosses_the_cap_is_still_taken(plane: ControlPlane, start: Runner, script) -> None:
    plane.told = CAPPED
    body = """
work(1)
work(2)
speak("It took more than I thought.", tokens=150_000)
use("Bash", call="b", message="m1", command="git commit")
use("StructuredOutput", call="s", message="m1", outcome="blocked", summary="Half of it.")
time.sleep(0.5)
answer("b")
answer("s")
time.sleep(0.3)
hand_in(outcome="blocked", summary="Half of it.", cost=1.2)
"""

    start(script(body)).communicate(timeout=20)

    assert plane.result is not None
    assert (plane.result["outcome"], plane.result["summary"]) == ("blocked", "Half of it.")


def test_an_agent_that_has_landed_gets_no_further_turn(plane: ControlPlane, start: Runner, script) -> None:
    plane.told = CAPPED
    claude = script('work(1)\nwork(2)\nhear()\nhand_in(cost=0.9)\ntime.sleep(1)\nspeak("Told to land? Again?", tokens=75_000)\n')

    start(claude).communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["cost_usd"] == 0.9
    assert "Again?" not in str(plane.of_kind("message"))


def test_a_capped_run_leaves_its_work_in_a_commit_that_says_so_and_a_hand_off(
    plane: ControlPlane, start: Runner, script, worktree: Path
) -> None:
    plane.told = CAPPED
    claude = script('work(1)\nwork(2)\nopen(".git/index.lock", "w")\nspeak("I was at it.", tokens=75_000)\ntime.sleep(60)\n')

    start(claude).communicate(timeout=20)

    assert plane.result is not None
    assert [file["path"] for file in plane.result["patch"]["files"]] == ["1.txt", "2.txt"]
    assert git(worktree, "log", "-1", "--format=%B").strip() == (
        "DISPATCH-1: Work in progress\n\nThe run's cap of $1.00 has no room for another call: $0.90 is spent."
    )
    for part in ("## Why it ended", "## What is done\n\n- DISPATCH-1: Work in progress", "## What is not done", "## What comes next"):
        assert part in plane.result["report"]
    assert "I was at it." in plane.result["report"]


def test_an_agent_that_lands_without_a_report_gets_one_from_the_runner(plane: ControlPlane, start: Runner, script) -> None:
    plane.told = CAPPED

    start(script("work(1)\nwork(2)\nhear()\nhand_in(cost=0.9)\n")).communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["outcome"] == "completed"
    assert "## What comes next" in plane.result["report"]


def test_an_agent_that_goes_round_in_a_larger_circle_is_ended(plane: ControlPlane, start: Runner, script) -> None:
    claude = script(
        'for n in range(5):\n    for path in "ab":\n        use("Read", call=f"{n}{path}", file_path=path)\n        answer(f"{n}{path}")\ntime.sleep(60)\n'
    )

    start(claude).communicate(timeout=20)

    assert plane.result is not None
    assert "same 2 tool calls 5 times" in plane.result["summary"]


def test_work_that_returns_to_the_same_test_again_and_again_is_no_circle() -> None:
    watch = Watch(stall_s=600, time_limit_s=600, began=0, last_seen=0)

    for number in range(20):
        for name, given in (("Edit", {"new": number}), ("Bash", {"command": "make test"})):
            watch.observe({"type": "assistant", "message": {"content": [{"type": "tool_use", "name": name, "input": given}]}}, 1)

    assert watch.reason_to_end(2, None) is None


def test_subagents_side_by_side_do_not_hide_each_others_circles() -> None:
    watch = Watch(stall_s=600, time_limit_s=600, began=0, last_seen=0)

    for _ in range(5):
        for parent in ("one", "two"):
            block = {"type": "tool_use", "name": "Read", "input": {"file_path": parent}}
            watch.observe({"type": "assistant", "parent_tool_use_id": parent, "message": {"content": [block]}}, 1)

    assert "same tool call" in str(watch.reason_to_end(2, None))


def test_a_tool_whose_answer_was_never_told_does_not_hide_a_stall(plane: ControlPlane, start: Runner, script) -> None:
    start(script('use("Bash", command="make")\nspeak("on")\ntime.sleep(60)\n'), DISPATCH_STALL_S="1").communicate(timeout=20)

    assert plane.result is not None
    assert "silent" in plane.result["summary"]


DETACHED = """
import sys
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if os.fork() == 0:
        os.execve("/bin/sh", ["sh", "-c", "trap '' TERM; echo $$ > {pid}; while true; do sleep 1; done"], {{"PATH": os.environ["PATH"]}})
    os._exit(0)
os.wait()
while not os.path.exists("{pid}"):
    time.sleep(0.02)
"""


@pytest.mark.parametrize("end", ["hand_in()", 'speak("very dear", tokens=300_000)\ntime.sleep(60)', "sys.exit(3)"])
def test_a_child_that_detached_itself_changed_its_name_and_ignores_signals_is_gone(
    plane: ControlPlane, start: Runner, script, tmp_path: Path, end: str
) -> None:
    plane.told = CAPPED
    pid = tmp_path / "pid"

    start(script(DETACHED.format(pid=pid) + end), DISPATCH_GRACE_S="1").communicate(timeout=30)  # it holds the output open

    assert plane.result is not None
    assert not is_alive(int(pid.read_text()))


def test_output_that_is_none_of_the_protocols_is_shown_in_part_and_counted(plane: ControlPlane, start: Runner, script) -> None:
    claude = script('print("x" * 40_000_000)\nfor n in range(300_000):\n    print("noise", n)\nsys.stdout.flush()\nhand_in()\n')

    start(claude).communicate(timeout=60)

    assert plane.result is not None
    assert plane.result["outcome"] == "completed"
    assert "wrote 300,003 lines that are none of its events; 20 are shown" in plane.notices()
    assert len(plane.of_kind("notice")) == 21


def test_an_agent_that_floods_is_ended(plane: ControlPlane, start: Runner, script) -> None:
    runner = start(script('while True:\n    speak("more", tokens=0)\n'))
    began = time.monotonic()
    runner.communicate(timeout=100)

    assert plane.result is not None
    assert plane.result["summary"] == "The agent floods: it has told more than 50,000 events."
    assert time.monotonic() - began < 60
