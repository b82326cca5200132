"""One run as a process, with a small program in the CLI's place: what the server is told, in good days and bad ones."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.unit.agent.conftest import Runner, git
from tests.unit.agent.control_plane import MACHINE_KEY, RUN_TOKEN, ControlPlane, brief


def test_a_run_is_claimed_streamed_and_handed_in(plane: ControlPlane, start: Runner, script) -> None:
    claude = script('speak("I look.")\nhand_in(report="# Found")\n')

    runner = start(claude)
    _, err = runner.communicate(timeout=20)

    assert runner.returncode == 0, err
    assert plane.kinds() == ["started", "message", "usage", "usage", "finished"]
    assert plane.result is not None
    assert (plane.result["outcome"], plane.result["report"], plane.result["cost_usd"]) == ("completed", "# Found", 0.01)
    assert plane.result["engine"]["version"] == "0.0.1"
    assert sorted(plane.events) == [1, 2, 3, 4, 5]


def test_the_causes_an_agent_names_are_handed_in(plane: ControlPlane, start: Runner, script) -> None:
    causes = [{"cause": "The cache is cold", "because": "It was warm", "verdict": "refuted"}]

    start(script(f"hand_in(causes={causes!r})\n")).communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["causes"] == causes


def test_the_agent_gets_the_brief_and_none_of_the_keys_but_its_models(plane: ControlPlane, start: Runner, script) -> None:
    claude = script('speak(PROMPT + " " + json.dumps(dict(os.environ)) + " ".join(sys.argv))\nhand_in()\n')

    start(claude).communicate(timeout=20)

    said = plane.of_kind("message")[0]["text"]
    assert said.startswith("Look into it.")
    assert '"ANTHROPIC_API_KEY": "[masked]"' in said
    assert "DISPATCH_API_KEY" not in said
    assert MACHINE_KEY not in said
    assert RUN_TOKEN not in said
    assert "Look into it" not in said[13:]


def test_an_event_leaves_while_the_agent_goes_on(plane: ControlPlane, start: Runner, script, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    runner = start(script(f'speak("I look.")\nwhile not os.path.exists({str(seen)!r}):\n    time.sleep(0.05)\nhand_in()\n'))

    plane.wait_for(lambda: plane.of_kind("message"))
    seen.touch()
    runner.communicate(timeout=20)

    assert plane.kinds()[-1] == "finished"


def test_a_server_that_is_away_for_a_while_loses_nothing(plane: ControlPlane, start: Runner, script) -> None:
    claude = script('for n in range(300):\n    speak(f"line {n}")\n    time.sleep(0.01)\nhand_in()\n')

    runner = start(claude)
    plane.wait_for(lambda: plane.events)
    plane.is_away = True
    plane.wait_for(lambda: len(plane.made("events")) > 5)
    plane.is_away = False
    runner.communicate(timeout=40)

    assert [data["text"] for data in plane.of_kind("message")] == [f"line {n}" for n in range(300)]
    assert sorted(plane.events) == list(range(1, len(plane.events) + 1))
    assert plane.result is not None


def test_a_lost_answer_to_the_result_is_asked_for_again(plane: ControlPlane, start: Runner, script) -> None:
    plane.lose = ["events", "result"]

    runner = start(script("hand_in()\n"))
    runner.communicate(timeout=20)

    assert runner.returncode == 0
    assert len(plane.made("result")) == 2


def test_a_server_that_is_restarted_while_it_was_away_gets_everything(plane: ControlPlane, start: Runner, script, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    body = f'speak("before")\nwhile not os.path.exists({str(gone)!r}):\n    time.sleep(0.05)\nfor n in range(50):\n    speak(f"line {{n}}")\nhand_in()\n'

    runner = start(script(body))
    plane.wait_for(lambda: plane.of_kind("message"))
    plane.go_down()
    gone.touch()
    time.sleep(3)  # the agent has handed in by now, to nobody
    plane.come_back()
    runner.communicate(timeout=40)

    assert runner.returncode == 0
    assert [data["text"] for data in plane.of_kind("message")] == ["before", *(f"line {n}" for n in range(50))]
    assert sorted(plane.events) == list(range(1, len(plane.events) + 1))
    assert plane.result is not None


@pytest.mark.parametrize(("status", "code"), [(409, "already_claimed"), (403, "another_job")])
def test_a_second_job_for_a_run_stops_quietly(plane: ControlPlane, start: Runner, script, status: int, code: str) -> None:
    plane.answers["claim"], plane.code = status, code

    runner = start(script("hand_in()\n"), GITHUB_ACTIONS="true")
    out, _ = runner.communicate(timeout=20)

    assert runner.returncode == 0
    assert [call for call, _, _ in plane.calls] == ["claim"]
    assert "::notice title=Dispatch::Another job acts for this run" in out


def test_a_job_that_may_not_claim_fails_with_the_servers_reason(plane: ControlPlane, start: Runner, script) -> None:
    plane.answers["claim"], plane.code = 403, "not_your_job"

    runner = start(script("hand_in()\n"), GITHUB_ACTIONS="true")
    out, _ = runner.communicate(timeout=20)

    assert runner.returncode == 1
    assert "::error title=Dispatch::The run could not be claimed: 403" in out
    assert out.count("\n") == 1


def test_a_stale_claim_ends_the_agent_and_nothing_more_is_sent(plane: ControlPlane, start: Runner, script, tmp_path: Path) -> None:
    claude = script(
        f'open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))\nspeak("I begin.")\nwhile True:\n    speak("more")\n    time.sleep(0.1)\n'
    )

    runner = start(claude)
    plane.wait_for(lambda: "message" in plane.kinds())
    plane.answers["events"] = plane.answers["heartbeat"] = 409
    runner.communicate(timeout=20)

    assert runner.returncode == 0
    assert not plane.made("result")
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_a_cancelled_run_ends_the_agent_and_hands_nothing_in(plane: ControlPlane, start: Runner, script) -> None:
    claude = script('speak("I begin.")\ntime.sleep(60)\n')
    plane.orders = [{"directive": "continue", "say": []}, {"directive": "cancel", "say": []}]

    runner = start(claude)
    runner.communicate(timeout=20)

    assert runner.returncode == 0
    assert not plane.made("result")


def test_what_a_person_says_reaches_the_agent_once(plane: ControlPlane, start: Runner, script) -> None:
    claude = script("speak(hear())\ntime.sleep(1)\nhand_in()\n")
    said = {"directive": "continue", "say": [{"id": "1", "text": "Look at the tests too."}]}
    plane.orders = [said, said]

    start(claude).communicate(timeout=20)

    assert plane.of_kind("message")[0]["text"].endswith("Look at the tests too.")
    assert plane.notices().count("Look at the tests too.") == 1
    assert ["1"] in [beat["heard"] for beat in plane.made("heartbeat")]


def test_a_directive_to_land_tells_the_agent_to_hand_in(plane: ControlPlane, start: Runner, script) -> None:
    plane.orders = [{"directive": "land", "say": []}] * 3

    start(script("speak(hear())\nhand_in()\n")).communicate(timeout=20)

    assert "Land now" in plane.of_kind("message")[0]["text"]


def test_at_80_percent_of_the_cap_the_agent_lands(plane: ControlPlane, start: Runner, script) -> None:
    plane.told = brief(cap_usd=1.0)

    start(script('speak("dear", tokens=210_000)\nspeak(hear())\nhand_in(cost=0.9)\n')).communicate(timeout=20)

    assert "Land now" in plane.of_kind("message")[1]["text"]
    assert plane.result is not None
    assert plane.result["outcome"] == "completed"


def test_at_the_cap_the_agent_is_ended_and_its_work_and_a_hand_off_are_kept(plane: ControlPlane, start: Runner, script) -> None:
    plane.told = brief(cap_usd=1.0, writes_code=True)

    start(script('open("new.txt", "w").write("x")\nspeak("very dear", tokens=300_000)\ntime.sleep(60)\n')).communicate(timeout=20)

    assert plane.result is not None
    assert (plane.result["outcome"], plane.result["summary"]) == ("failed", "The run reached its cap of $1.00.")
    assert [file["path"] for file in plane.result["patch"]["files"]] == ["new.txt"]
    assert "very dear" in plane.result["report"]
    assert plane.result["cost_usd"] >= 1.0


def test_an_agent_that_repeats_itself_is_ended(plane: ControlPlane, start: Runner, script) -> None:
    claude = script('for n in range(5):\n    use("Read", call=f"c{n}", file_path="a")\ntime.sleep(60)\n')

    start(claude).communicate(timeout=20)

    assert plane.result is not None
    assert "same tool call 5 times" in plane.result["summary"]


def test_an_agent_that_falls_silent_is_ended(plane: ControlPlane, start: Runner, script) -> None:
    start(script('speak("hm")\ntime.sleep(60)\n'), DISPATCH_STALL_S="1").communicate(timeout=20)

    assert plane.result is not None
    assert "silent" in plane.result["summary"]


def test_a_silent_agent_whose_tool_runs_is_left_alone(plane: ControlPlane, start: Runner, script) -> None:
    start(script('use("Bash", command="make")\ntime.sleep(2.5)\nhand_in()\n'), DISPATCH_STALL_S="1").communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["outcome"] == "completed"
    assert "Bash" in {beat["tool_in_flight"] for beat in plane.made("heartbeat")}


def test_a_run_ends_at_its_time_limit(plane: ControlPlane, start: Runner, script) -> None:
    plane.told = brief(time_limit_s=2)

    start(script('while True:\n    speak("on and on")\n    time.sleep(0.2)\n')).communicate(timeout=20)

    assert plane.result is not None
    assert "time limit" in plane.result["summary"]


def test_an_agent_that_lingers_after_its_result_is_ended_even_if_it_ignores_sigterm(
    plane: ControlPlane, start: Runner, script, tmp_path: Path
) -> None:
    body = f'signal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))\nhand_in()\ntime.sleep(60)\n'

    runner = start(script(body), DISPATCH_GRACE_S="1")
    runner.communicate(timeout=30)

    assert plane.result is not None
    assert plane.result["outcome"] == "completed"
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_a_second_result_counts_over_the_first(plane: ControlPlane, start: Runner, script) -> None:
    start(script('hand_in(summary="first")\nspeak("a subagent came back")\nhand_in(summary="second", cost=0.02)\n')).communicate(timeout=20)

    assert plane.result is not None
    assert (plane.result["summary"], plane.result["cost_usd"]) == ("second", 0.02)


def test_a_hand_in_that_does_not_fit_fails_the_run_and_is_kept(plane: ControlPlane, start: Runner, script) -> None:
    start(script('speak("my words")\nhand_in(outcome="marvellous")\n')).communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["outcome"] == "failed"
    assert "does not fit" in plane.result["summary"]
    assert "marvellous" in plane.result["report"]
    assert "my words" in plane.result["report"]


def test_a_result_the_server_refuses_is_handed_in_as_failed_with_its_raw_text(plane: ControlPlane, start: Runner, script) -> None:
    plane.refuse = ["result"]

    start(script('hand_in(report="# kept")\n')).communicate(timeout=20)

    assert plane.result is not None
    assert "# kept" in plane.result["report"]


def test_a_cli_that_breaks_off_fails_the_run_with_what_it_said(plane: ControlPlane, start: Runner, script) -> None:
    start(script('print("cannot go on", file=sys.stderr)\nsys.exit(3)\n')).communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["outcome"] == "failed"
    assert "exit code 3" in plane.result["summary"]
    assert "cannot go on" in plane.result["summary"]


def test_a_cli_that_is_not_there_fails_the_run(plane: ControlPlane, start: Runner) -> None:
    start("/nowhere/claude").communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["outcome"] == "failed"
    assert "/nowhere/claude" in plane.result["summary"]


def test_sigterm_ends_everything_the_agent_started_and_says_so(plane: ControlPlane, start: Runner, script, tmp_path: Path) -> None:
    hidden = f'subprocess.Popen(["sh", "-c", "echo $$ > {tmp_path}/pid; exec sleep 60"], start_new_session=True)\n'

    runner = start(script(hidden + 'speak("I begin.")\ntime.sleep(60)\n'))
    plane.wait_for(lambda: "message" in plane.kinds() and (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    runner.send_signal(signal.SIGTERM)
    runner.communicate(timeout=20)

    assert runner.returncode == 143
    assert not is_alive(int((tmp_path / "pid").read_text()))
    assert plane.result is not None
    assert plane.result["outcome"] == "failed"


def test_sigterm_before_the_agent_has_begun_is_told_too(plane: ControlPlane, start: Runner, script, worktree: Path, tmp_path: Path) -> None:
    plane.told = brief(writes_code=True)
    (worktree / ".github").mkdir()
    (worktree / ".github" / "dispatch.toml").write_text(f'[setup]\ncommands = ["echo $$ > {tmp_path}/pid; sleep 60"]\n')

    runner = start(script("hand_in()\n"))
    plane.wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    runner.send_signal(signal.SIGTERM)
    runner.communicate(timeout=20)

    assert runner.returncode == 143
    assert not is_alive(int((tmp_path / "pid").read_text()))
    assert plane.result is not None
    assert "before the agent had begun" in plane.result["summary"]


def test_a_server_that_never_comes_back_ends_in_failure_with_everything_on_disk(
    plane: ControlPlane, start: Runner, script, tmp_path: Path
) -> None:
    runner = start(script('speak("kept")\ntime.sleep(1)\nhand_in()\n'), DISPATCH_PATIENCE_S="1")
    plane.wait_for(lambda: plane.made("claim"))
    time.sleep(0.1)
    plane.is_away = True
    runner.communicate(timeout=30)

    assert runner.returncode == 1
    assert "kept" in (tmp_path / "spool" / "events.ndjson").read_text()


def test_checks_run_before_and_after_the_work_and_what_is_left_is_committed(
    plane: ControlPlane, start: Runner, script, worktree: Path
) -> None:
    plane.told = brief(writes_code=True)
    (worktree / ".github").mkdir()
    (worktree / ".github" / "dispatch.toml").write_text(
        '[setup]\ncommands = ["echo set up > made.txt"]\n[checks]\ntests = "grep -q bye README.md"\n'
    )
    git(worktree, "add", "-A")
    git(worktree, "commit", "-q", "-m", "Configure")
    base = git(worktree, "rev-parse", "HEAD").strip()

    start(script('open("README.md", "w").write("bye\\n")\nhand_in(summary="Say bye")\n')).communicate(timeout=20)

    assert plane.result is not None
    (check,) = plane.result["checks"]
    assert (check["exit_code"], check["before"]) == (0, {"exit_code": 1})
    assert plane.result["base_commit"] == base
    assert plane.result["patch"]["files"] == [{"path": "README.md", "additions": 1, "deletions": 1, "status": "M"}]
    assert [commit["subject"] for commit in plane.result["patch"]["commits"]] == ["DISPATCH-1: Say bye"]
    assert "made.txt" not in plane.result["patch"]["mbox"]


def test_only_what_sets_the_repository_up_may_become_root(plane: ControlPlane, start: Runner, script, worktree: Path) -> None:
    plane.told = brief(writes_code=True)
    look = "grep NoNewPrivs /proc/self/status"
    (worktree / ".github").mkdir()
    (worktree / ".github" / "dispatch.toml").write_text(f'[setup]\ncommands = ["{look}"]\n[checks]\ntests = "{look}"\n')

    start(script(f'speak(subprocess.run("{look}", shell=True, capture_output=True, text=True).stdout)\nhand_in()\n')).communicate(
        timeout=20
    )

    assert plane.result is not None
    assert [notice["text"].split()[-1] for notice in plane.of_kind("notice") if notice["text"].startswith("setup")] == ["0"]
    assert plane.result["checks"][0]["output"].split() == ["NoNewPrivs:", "1"]
    assert plane.of_kind("message")[0]["text"].split() == ["NoNewPrivs:", "1"]


def test_the_agent_cannot_choose_the_checks_it_is_judged_by(plane: ControlPlane, start: Runner, script, worktree: Path) -> None:
    plane.told = brief(writes_code=True)
    (worktree / ".github").mkdir()
    (worktree / ".github" / "dispatch.toml").write_text('[checks]\ntests = "false"\n')

    start(script('open(".github/dispatch.toml", "w").write("[checks]\\ntests = \'true\'\\n")\nhand_in()\n')).communicate(timeout=20)

    assert plane.result is not None
    assert [(check["command"], check["exit_code"]) for check in plane.result["checks"]] == [("false", 1)]


def test_a_run_that_may_not_write_never_hands_in_a_patch(plane: ControlPlane, start: Runner, script) -> None:
    start(script('open("sneaky.txt", "w").write("x")\nhand_in()\n')).communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["patch"] is None
    assert "sneaky.txt" in plane.notices()


def test_on_github_the_publish_job_learns_whether_there_is_something_to_publish(
    plane: ControlPlane, start: Runner, script, tmp_path: Path
) -> None:
    plane.told = brief(writes_code=True)
    output = tmp_path / "output"

    start(script('open("README.md", "w").write("bye\\n")\nhand_in()\n'), GITHUB_OUTPUT=str(output)).communicate(timeout=20)

    assert output.read_text() == "patch=accepted\n"


@pytest.mark.parametrize("how", ["open(path, 'a').write('LD_PRELOAD=/evil.so')", "os.unlink(path); os.symlink('/etc/passwd', path)"])
def test_what_an_agent_writes_for_the_steps_after_it_is_gone(plane: ControlPlane, start: Runner, script, tmp_path: Path, how: str) -> None:
    files = {"GITHUB_ENV": str(tmp_path / "env"), "GITHUB_PATH": str(tmp_path / "path"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    for path in files.values():
        Path(path).touch()

    start(script(f"for path in {list(files.values())}:\n    {how}\nhand_in()\n"), **files).communicate(timeout=20)

    assert plane.result is not None
    assert [Path(path).read_text() for path in files.values()] == ["", "", ""]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
