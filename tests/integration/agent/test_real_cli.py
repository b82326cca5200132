"""What holds with the real CLI: its tools are bound by flags, its stream is understood, its ends are judged rightly."""

import time
from pathlib import Path

import pytest

from tests.integration.agent.conftest import Act, changes_in
from tests.integration.agent.messages_api import Block, MessagesApi, call, text
from tests.unit.agent.conftest import Runner, git
from tests.unit.agent.control_plane import ControlPlane, brief

READING = ["Read", "Grep", "Glob", "Bash(git log:*)", "Bash(git diff:*)", "Bash(git grep:*)"]
WRITING = ["Read", "Edit", "Write", "Bash(git:*)"]
DONE = call("StructuredOutput", outcome="completed", summary="Say bye", report="# All of it")

pytestmark = pytest.mark.timeout(180)


def bash(command: str) -> Block:
    return call("Bash", command=command, description="as the model wants it")


def test_a_run_that_reads_streams_its_work_and_hands_in(act: Act, plane: ControlPlane) -> None:
    plane.told = brief(tools=READING)

    api = act([text("I read."), call("Read", file_path="REPO/README.md")], [bash("git log --oneline")], [DONE])

    assert plane.result is not None
    assert (plane.result["outcome"], plane.result["report"]) == ("completed", "# All of it")
    assert plane.of_kind("started")[0]["cli_version"] == "2.1.330"
    assert [data["name"] for data in plane.of_kind("tool_result")] == ["Read", "Bash", "StructuredOutput"]
    assert not any(data["is_error"] for data in plane.of_kind("tool_result"))
    assert plane.result["cost_usd"] == pytest.approx(0.015)
    assert "You work for Dispatch." in str(api.requests[0]["system"])


ATTEMPTS = [
    call("Write", file_path="REPO/new.txt", content="x"),
    call("Edit", file_path="REPO/README.md", old_string="hello", new_string="bye"),
    call("NotebookEdit", notebook_path="REPO/a.ipynb", new_source="x"),
    bash("rm README.md"),
    bash("echo x > new.txt"),
    bash("git log --output=new.txt"),
    bash("git log --outp new.txt"),
    bash("git diff '--out'put=new.txt"),
    bash("git grep -Otouch hello"),
    bash("git grep --open-files-in-pager=touch hello"),
    bash("git log | tee new.txt"),
    bash("git log -1 && git commit --allow-empty -m x"),
    bash("git log $(touch new.txt)"),
    bash("sed -i s/hello/bye/ README.md"),
    bash("find . -name README.md -delete"),
    bash("python3 -c \"open('new.txt', 'w')\""),
]


def test_a_run_that_may_only_read_can_write_nothing_whatever_it_tries(act: Act, plane: ControlPlane, worktree: Path) -> None:
    plane.told = brief(tools=[*READING, "Write", "Edit", "Bash"])  # even where the brief is careless
    head = git(worktree, "rev-parse", "HEAD")

    api = act(*[[attempt] for attempt in ATTEMPTS], [DONE])

    refusals = plane.of_kind("tool_result")[: len(ATTEMPTS)]
    assert [data["text"] for data in refusals if not data["is_error"]] == []
    assert len(refusals) == len(ATTEMPTS)
    assert changes_in(worktree) == ""
    assert git(worktree, "rev-parse", "HEAD") == head
    assert not {"Write", "Edit", "NotebookEdit", "Task", "WebFetch"} & api.tools_offered()
    assert plane.result is not None
    assert plane.result["outcome"] == "completed"


def test_the_repository_cannot_grant_its_agent_more_than_the_brief_does(act: Act, plane: ControlPlane, worktree: Path) -> None:
    (worktree / ".claude").mkdir()
    rules = '{"permissions": {"allow": ["Bash", "Write", "Edit"]}, "hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "touch hook"}]}]}}'
    (worktree / ".claude" / "settings.json").write_text(rules)
    git(worktree, "add", "-A")
    git(worktree, "commit", "-q", "-m", "Be generous")
    plane.told = brief(tools=READING)

    act([bash("touch new.txt")], [DONE])

    assert plane.of_kind("tool_result")[0]["is_error"]
    assert changes_in(worktree) == ""


def test_nothing_outside_the_worktree_is_read_or_written(act: Act, plane: ControlPlane, tmp_path: Path) -> None:
    plane.told = brief(tools=WRITING, writes_code=True)
    (tmp_path / "neighbour.txt").write_text("private")

    act(
        [call("Read", file_path=str(tmp_path / "neighbour.txt"))],
        [call("Read", file_path="/proc/self/environ")],
        [call("Write", file_path=str(tmp_path / "new.txt"), content="x")],
        [call("Write", file_path="REPO/../new.txt", content="x")],
        [call("Write", file_path="REPO/.git/hooks/post-commit", content="x")],
        [DONE],
    )

    assert [data["is_error"] for data in plane.of_kind("tool_result")[:-1]] == [True] * 5
    assert not (tmp_path / "new.txt").exists()


def test_a_run_that_writes_hands_in_its_diff_its_commits_and_its_checks(act: Act, plane: ControlPlane, worktree: Path) -> None:
    (worktree / ".github").mkdir()
    (worktree / ".github" / "dispatch.toml").write_text('[checks]\ntests = "grep -q bye README.md"\n')
    git(worktree, "add", "-A")
    git(worktree, "commit", "-q", "-m", "Configure")
    plane.told = brief(tools=WRITING, writes_code=True)

    act(
        [call("Read", file_path="REPO/README.md")],
        [call("Edit", file_path="REPO/README.md", old_string="hello", new_string="bye")],
        [bash("git commit -qam 'Say bye'")],
        [call("Write", file_path="REPO/new.txt", content="left over\n")],
        [DONE],
    )

    assert plane.result is not None
    assert [data["diff"]["path"] for data in plane.of_kind("tool_result") if "diff" in data] == ["README.md", "new.txt"]
    assert [commit["subject"] for commit in plane.result["patch"]["commits"]] == ["Say bye", "DISPATCH-1: Say bye"]
    assert git(worktree, "log", "-2", "--format=%an <%ae>").splitlines() == ["Dispatch agent <agent@dispatch.invalid>"] * 2
    (check,) = plane.result["checks"]
    assert (check["before"], check["exit_code"]) == ({"exit_code": 1}, 0)


def test_a_persons_words_reach_the_model_while_it_works(act: Act, plane: ControlPlane) -> None:
    plane.told = brief(tools=["Bash(python3:*)"], writes_code=True)
    plane.orders = [{"directive": "continue", "say": []}] * 3 + [
        {"directive": "continue", "say": [{"id": "1", "text": "/compact is not what I want"}]}
    ]

    api = act([bash('python3 -c "import time; time.sleep(3)"')], [text("I heard.")], [DONE])

    assert "/compact is not what I want" in str(api.requests[-1]["messages"])


def test_a_prompt_that_begins_like_a_command_is_still_the_prompt(act: Act, plane: ControlPlane) -> None:
    plane.told = brief(prompt="/model haiku\n" + "A long brief. " * 20_000)

    api = act([DONE])

    assert "A long brief. A long brief." in str(api.requests[0]["messages"])


def test_a_model_that_refuses_every_request_is_a_failed_run_with_its_reason(act: Act, plane: ControlPlane) -> None:
    act([DONE], refuse_with=400)

    assert plane.result is not None
    assert plane.result["outcome"] == "failed"
    assert "API Error: 400" in plane.result["summary"]
    assert plane.result["engine"]["is_error"]


def test_an_agent_that_never_hands_in_is_a_failed_run_with_its_words_kept(act: Act, plane: ControlPlane) -> None:
    act([text("I had rather chat.")])

    assert plane.result is not None
    assert plane.result["outcome"] == "failed"
    assert "handed nothing in" in plane.result["summary"]
    assert "I had rather chat." in plane.result["report"]


def test_the_cap_ends_a_run_that_goes_on_spending(act: Act, plane: ControlPlane, worktree: Path) -> None:
    plane.told = brief(tools=WRITING, writes_code=True, cap_usd=0.04)
    spending = [[bash(f"git log -{n}")] for n in range(1, 30)]

    act([call("Write", file_path="REPO/new.txt", content="x")], *spending)

    assert plane.result is not None
    assert plane.result["outcome"] == "failed"
    assert 0.03 <= plane.result["cost_usd"] < 0.06
    assert [file["path"] for file in plane.result["patch"]["files"]] == ["new.txt"]
    assert "Landing" in plane.notices()


THIRTY_CENTS = (75_000, 0)  # tokens in and out of one call
WORKING = [[text(f"Part {n}."), call("Write", file_path=f"REPO/part-{n}.txt", content="x")] for n in range(1, 20)]


def test_a_dear_run_is_told_to_land_commits_and_hands_off_within_its_cap(act: Act, plane: ControlPlane, worktree: Path) -> None:
    plane.told = brief(tools=WRITING, writes_code=True, cap_usd=1.0)
    report = "Done: two parts. Not done: the rest. Next: part 3."
    hand_off = call("StructuredOutput", outcome="blocked", summary="Landed.", report=report)

    api = act(
        *WORKING, landing=[text("I land."), bash("git add -A"), bash("git commit -qm 'Keep two parts'"), hand_off], tokens=THIRTY_CENTS
    )

    assert plane.result is not None
    assert (plane.result["outcome"], plane.result["report"]) == ("blocked", report)
    assert [commit["subject"] for commit in plane.result["patch"]["commits"]] == ["Keep two parts"]
    assert git(worktree, "log", "-1", "--format=%s").strip() == "Keep two parts"
    assert plane.result["cost_usd"] == pytest.approx(0.9)
    assert len(api.requests) == 3  # the third is the only one over the line of $0.80
    assert "Landing: $0.60 of the run's cap of $1.00 is spent" in plane.notices()


def test_a_dear_run_that_does_not_land_is_ended_below_its_cap_with_its_work_and_a_hand_off(act: Act, plane: ControlPlane) -> None:
    plane.told = brief(tools=WRITING, writes_code=True, cap_usd=1.0)

    act(*WORKING, tokens=THIRTY_CENTS)

    assert plane.result is not None
    assert plane.result["cost_usd"] == pytest.approx(0.9)
    assert [file["path"] for file in plane.result["patch"]["files"]] == ["part-1.txt", "part-2.txt", "part-3.txt"]
    assert [commit["subject"] for commit in plane.result["patch"]["commits"]] == ["DISPATCH-1: Work in progress"]
    assert "no room for another call: $0.90 is spent" in plane.result["report"]
    assert "## What comes next" in plane.result["report"]


def test_cancelling_ends_the_cli_and_what_its_tools_started(claude: Path, start: Runner, plane: ControlPlane, tmp_path: Path) -> None:
    plane.told = brief(tools=["Bash(python3:*)"], writes_code=True)
    pid = tmp_path / "pid"
    wait = f'python3 -c "import os, time; open({str(pid)!r}, {"w"!r}).write(str(os.getpid())); time.sleep(100)"'

    with MessagesApi([[bash(wait)]]) as api:
        runner = start(claude, ANTHROPIC_BASE_URL=api.url)
        plane.wait_for(lambda: pid.exists() and pid.read_text(), timeout_s=60)
        plane.orders = [{"directive": "cancel", "say": []}]
        runner.communicate(timeout=30)
    time.sleep(0.2)

    assert runner.returncode == 0
    assert plane.result is None
    assert not Path(f"/proc/{pid.read_text()}").exists()


def test_an_agent_that_may_only_read_asks_the_logs_and_can_do_nothing_else_with_them(act: Act, plane: ControlPlane, worktree: Path) -> None:
    plane.told = brief(tools=[*READING, "Bash(logs:*)"])
    found = {"group": {"source": "billing", "message": "Payment failed"}, "count": 3, "first": None, "last": None, "change": None}
    window = {"since": "2026-03-01T11:00:00Z", "until": "2026-03-01T12:00:00Z"}
    plane.logs = (200, {"query": "errors", "window": window, "lines": [], "rows": [found], "series": [], "total": 3, "notes": []})

    act(
        [bash("logs errors --since 1h --source billing")],
        [bash("logs --help | tee new.txt")],
        [bash("logs errors > new.txt")],
        [bash("logs errors && touch new.txt")],
        [DONE],
    )

    asked, *others = plane.of_kind("tool_result")[:4]
    assert "source: billing, message: Payment failed" in asked["text"]
    assert [data["is_error"] for data in others] == [True] * 3
    assert plane.asked == ["errors?since=1h&source=billing"]
    assert changes_in(worktree) == ""
