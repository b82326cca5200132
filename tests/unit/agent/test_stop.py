"""A run that is stopped: its agent is ended at once, and the runner's very last word is that nothing acts any more."""

import signal
import time
from pathlib import Path

import pytest

from tests.unit.agent.conftest import Runner
from tests.unit.agent.control_plane import ControlPlane, brief
from tests.unit.agent.test_run import is_alive

STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open("{pid}", "w").write(str(os.getpid()))
while True:
    speak("I go on.", tokens=1000)
    time.sleep(0.05)
"""


def begin(plane: ControlPlane, start: Runner, script, tmp_path: Path):
    """An agent that ignores signals and works; its pid is in `pid`. What lives of it at the last heartbeat goes into `alive`."""
    plane.told = brief(writes_code=True)
    pid, alive = tmp_path / "pid", []
    plane.on_quiet = lambda: alive.append(is_alive(int(pid.read_text())))
    runner = start(script(STUBBORN.format(pid=pid)))
    plane.wait_for(lambda: plane.of_kind("message"))
    return runner, alive


def last_call(plane: ControlPlane) -> tuple[str, bool]:
    call, _, body = plane.calls[-1]
    return call, bool(body.get("quiet"))


def test_a_cancelled_agent_is_gone_before_the_runners_last_word_which_tells_what_it_cost(
    plane: ControlPlane, start: Runner, script, tmp_path: Path
) -> None:
    runner, alive = begin(plane, start, script, tmp_path)
    stopped = time.monotonic()
    plane.is_cancelled = True
    runner.communicate(timeout=20)

    assert runner.returncode == 0
    assert last_call(plane) == ("heartbeat", True)
    assert alive == [False]
    assert plane.made("heartbeat")[-1]["metered_usd"] >= plane.of_kind("usage")[-1]["metered_usd"] > 0
    assert not plane.made("result")
    assert time.monotonic() - stopped < 5


@pytest.mark.parametrize(
    ("call", "status"), [("events", 409), ("heartbeat", 409), ("events", 401), ("heartbeat", 401), ("events", 403), ("heartbeat", 403)]
)
def test_a_claim_or_a_token_that_is_over_on_any_call_ends_the_agent_and_a_last_word_is_tried(
    plane: ControlPlane, start: Runner, script, tmp_path: Path, call: str, status: int
) -> None:
    runner, _ = begin(plane, start, script, tmp_path)
    plane.answers[call] = status
    runner.communicate(timeout=20)

    assert runner.returncode == 0
    assert last_call(plane) == ("heartbeat", True)
    assert not plane.made("result")
    assert not is_alive(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("status", [401, 403])
def test_no_result_is_taken_of_a_run_that_outlived_its_token(plane: ControlPlane, start: Runner, script, status: int) -> None:
    plane.answers["result"] = status

    runner = start(script("hand_in()\n"), GITHUB_ACTIONS="true")
    out, _ = runner.communicate(timeout=20)

    assert runner.returncode == 0
    assert plane.result is None
    assert len(plane.made("result")) == 1
    assert last_call(plane) == ("heartbeat", True)
    assert "::notice title=Dispatch::The run was cancelled, or its claim is over" in out


def test_a_job_terminated_because_its_run_was_cancelled_asks_once_and_leaves(
    plane: ControlPlane, start: Runner, script, tmp_path: Path
) -> None:
    plane.heartbeat_s = 60  # so that the machine's word comes first
    runner, alive = begin(plane, start, script, tmp_path)
    plane.answers["events"] = 503
    plane.is_cancelled = True
    runner.send_signal(signal.SIGTERM)
    runner.communicate(timeout=20)

    assert runner.returncode == 143
    assert last_call(plane) == ("heartbeat", True)
    assert alive == [False]
    assert not plane.made("result")


def test_a_job_terminated_for_reasons_of_the_machine_hands_in_what_there_is(
    plane: ControlPlane, start: Runner, script, tmp_path: Path, worktree: Path
) -> None:
    runner, alive = begin(plane, start, script, tmp_path)
    (worktree / "half.txt").write_text("half")
    told = time.monotonic()
    runner.send_signal(signal.SIGTERM)
    runner.communicate(timeout=20)

    assert runner.returncode == 143
    assert alive == [False]
    assert plane.result is not None
    assert (plane.result["outcome"], [file["path"] for file in plane.result["patch"]["files"]]) == ("failed", ["half.txt"])
    assert time.monotonic() - told < 6  # a laptop gives 8 s, GitHub 10


def test_a_terminated_job_whose_server_is_away_is_gone_in_time(plane: ControlPlane, start: Runner, script, tmp_path: Path) -> None:
    runner, _ = begin(plane, start, script, tmp_path)
    plane.is_away = True
    told = time.monotonic()
    runner.send_signal(signal.SIGTERM)
    runner.communicate(timeout=20)

    assert time.monotonic() - told < 8
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_words_that_wait_are_fetched_within_two_seconds_while_the_agent_works(
    plane: ControlPlane, start: Runner, script, tmp_path: Path
) -> None:
    plane.heartbeat_s = 15
    body = "import threading\nsaid = []\nthreading.Thread(target=lambda: said.append(hear()), daemon=True).start()\n"
    runner = start(script(body + 'while not said:\n    speak("I work.")\n    time.sleep(0.1)\nspeak(said[0])\nhand_in()\n'))
    plane.wait_for(lambda: plane.of_kind("message"))
    said = time.monotonic()
    plane.orders = [{"directive": "continue", "say": [{"id": "1", "text": "Look at the tests too."}]}]
    plane.waits = True

    plane.wait_for(lambda: "Look at the tests too." in str(plane.of_kind("message")))

    assert time.monotonic() - said < 2
    plane.waits = False
    runner.communicate(timeout=20)
    assert 2 <= len(plane.made("heartbeat")) <= 5
