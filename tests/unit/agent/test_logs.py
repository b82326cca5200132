"""`logs`, the agent's command: it asks through the runner, reads well, and gives neither the run's token nor more than the run's own."""

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent import logs_command
from agent.engines import Start, engine_named
from agent.logs import LogDoor
from agent.server import RefusedError, StaleClaimError
from agent.web import UnreachableError
from dispatch.logs.queries import QUERIES
from tests.unit.agent.conftest import Runner
from tests.unit.agent.control_plane import RUN_TOKEN, ControlPlane, brief

WINDOW = {"since": "2026-03-01T11:00:00Z", "until": "2026-03-01T12:00:00Z"}
ANSWER: dict[str, Any] = {
    "query": "errors",
    "window": WINDOW,
    "lines": [],
    "rows": [
        {
            "group": {"source": "billing", "message": "Payment failed"},
            "count": 3,
            "first": "2026-03-01T11:10:00Z",
            "last": "2026-03-01T11:50:00Z",
            "change": None,
        }
    ],
    "series": [],
    "total": 3,
    "notes": ["2 further groups are left out."],
}


class Asked:
    """What came to the server, and what it says."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, dict[str, str]]] = []
        self.says: dict[str, Any] | Exception = ANSWER

    def __call__(self, query: str, params: dict[str, str]) -> dict[str, Any]:
        self.questions.append((query, params))
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def door(asked: Asked, tmp_path: Path) -> Iterator[LogDoor]:
    door = LogDoor(asked, tmp_path / "a place" / "bin" / "logs")
    yield door
    door.close()


Logs = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def logs(door: LogDoor) -> Logs:
    """The command, as an agent runs it: by name, from a path, with hardly an environment."""

    def logs(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{door.command.parent}:/usr/bin:/bin", "http_proxy": "http://127.0.0.1:1"}
        return subprocess.run(
            ["logs", *arguments], check=False, env=environment, capture_output=True, text=True, timeout=30, cwd=door.command.parent.parent
        )

    return logs


def test_a_question_comes_to_the_server_with_its_parameters(logs: Logs, asked: Asked) -> None:
    logs("errors", "--since", "1h", "--source=billing")
    logs("search", "card was declined & more=1", "--limit", "5")
    logs("compare", "2026-03-01T12:00:00Z", "--by", "feature")

    assert asked.questions == [
        ("errors", {"since": "1h", "source": "billing"}),
        ("search", {"text": "card was declined & more=1", "limit": "5"}),
        ("compare", {"at": "2026-03-01T12:00:00Z", "by": "feature"}),
    ]


def test_the_answer_reads_as_lines(logs: Logs) -> None:
    done = logs("errors")

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "errors, 2026-03-01 11:00:00 to 2026-03-01 12:00:00 UTC",
        "      3  source: billing, message: Payment failed  (first 2026-03-01 11:10:00, last 2026-03-01 11:50:00)",
        "3 lines in all.",
        "Note: 2 further groups are left out.",
    ]


def test_the_answer_comes_as_json_where_that_is_wanted(logs: Logs) -> None:
    assert json.loads(logs("errors", "--json").stdout) == ANSWER


def test_lines_series_and_comparisons_read_well_too(logs: Logs, asked: Asked) -> None:
    line = {
        "at": "2026-03-01T11:10:00Z",
        "level": "error",
        "source": "billing",
        "feature": None,
        "message": "No",
        "fields": {"user_id": "u-1"},
    }
    row = {"group": {"source": "shop"}, "before": 2, "count": 6, "change": "+200% an hour", "first": None, "last": None}
    series = {"group": {"level": "error"}, "total": 2, "points": [{"at": "2026-03-01T11:10:00Z", "count": 2}]}
    asked.says = ANSWER | {"lines": [line], "rows": [row], "series": [series], "total": None, "notes": []}

    assert logs("errors").stdout.splitlines()[1:] == [
        "2026-03-01 11:10:00 error billing No user_id=u-1",
        "      2 -> 6       +200% an hour    source: shop",
        "      2  level: error",
        "         2026-03-01 11:10:00  2",
    ]


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        (UnreachableError('503: {"detail": "Dispatch is not connected to the application\'s logs."}'), "not connected"),
        (UnreachableError('429: {"detail": "This run has asked the logs 60 times."}'), "60 times"),
        (RefusedError('422: {"detail": "The window is longer than 7 days."}'), "7 days"),
        (RefusedError("422: no JSON at all"), "no JSON"),
        (StaleClaimError("409"), "The run is over."),
    ],
)
def test_a_refusal_is_a_sentence_and_a_failure(logs: Logs, asked: Asked, refusal: Exception, sentence: str) -> None:
    asked.says = refusal

    done = logs("errors")

    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert "{" not in done.stderr


@pytest.mark.parametrize("arguments", [["eror"], ["search", "two", "words"], ["errors", "--since"], ["trace", "a", "--id", "b"]])
def test_a_wrong_use_is_told_before_anything_is_asked(logs: Logs, asked: Asked, arguments: list[str]) -> None:
    done = logs(*arguments)

    assert done.returncode == 2
    assert "logs --help" in done.stderr
    assert asked.questions == []


def test_help_knows_every_query_and_every_parameter(logs: Logs) -> None:
    said = logs("--help")

    assert said.returncode == 0
    for name, query in QUERIES.items():
        assert f"  logs {name}" in said.stdout
        assert logs_command.USUAL[name] == query.usual
        assert [field for field in query.model_fields if f"--{field}" not in said.stdout] == []
    assert logs_command.USUAL.keys() == QUERIES.keys()


def test_once_the_agent_has_ended_nothing_is_answered(logs: Logs, door: LogDoor) -> None:
    door.close()

    done = logs("errors")

    assert done.returncode == 1
    assert "cannot be asked from here" in done.stderr


def get(door: LogDoor, path: str, token: str) -> tuple[int, dict[str, Any]]:
    address = json.loads(door.command.with_name("logs.json").read_text())["address"]
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{address}{path}", headers={"Authorization": f"Bearer {token}"})) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {}


def test_nobody_without_the_doors_token_asks(door: LogDoor, asked: Asked) -> None:
    assert get(door, "/errors", "a guess")[0] == 401
    assert asked.questions == []


@pytest.mark.parametrize("path", ["/../result", "/errors/../../claim", "/", "/errors%2f..%2fresult", "/ERRORS", "/errors;x"])
def test_the_door_leads_to_named_queries_alone(door: LogDoor, asked: Asked, path: str) -> None:
    assert get(door, path, door.token)[1] == {"refused": "There is no such query."}
    assert asked.questions == []


def test_a_run_answers_its_agent_and_hides_its_token_from_it(start: Runner, script: Callable[[str], Path], plane: ControlPlane) -> None:
    plane.logs = (200, ANSWER)
    body = """
done = subprocess.run(["logs", "errors", "--source", "billing"], capture_output=True, text=True)
answer("c", done.stdout + done.stderr + json.dumps(dict(os.environ)) + "".join(open(os.environ["HOME"] + "/bin/" + name).read() for name in os.listdir(os.environ["HOME"] + "/bin")))
status = open("/proc/self/status").read()
hand_in(summary=done.stdout.splitlines()[1] + " no new privileges: " + status.partition("NoNewPrivs:")[2].split()[0])
"""
    runner = start(script(f'use("Bash", command="logs")\n{body}'))
    _, err = runner.communicate(timeout=60)

    assert plane.result is not None, err
    assert plane.asked == ["errors?source=billing"]
    assert "source: billing, message: Payment failed" in plane.result["summary"]
    assert plane.result["summary"].strip().endswith("no new privileges: 1")
    assert RUN_TOKEN not in json.dumps(plane.of_kind("tool_result"))
    assert "•••" not in json.dumps(plane.of_kind("tool_result"))  # nor is it there to be masked


def test_a_run_without_logs_tells_its_agent_so(start: Runner, script: Callable[[str], Path], plane: ControlPlane) -> None:
    start(
        script(
            'done = subprocess.run(["logs", "errors"], capture_output=True, text=True)\nhand_in(summary=f"{done.returncode} {done.stderr}")'
        )
    ).communicate(timeout=60)

    assert plane.result is not None
    assert plane.result["summary"].strip() == "1 logs: Dispatch is not connected to the application's logs."


def test_as_a_tool_it_answers_as_the_command_does(door: LogDoor, asked: Asked) -> None:
    requests = [
        {"id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
        {"id": 3, "method": "tools/call", "params": {"name": "logs", "arguments": {"words": ["errors", "--source", "billing"]}}},
        {"id": 4, "method": "tools/call", "params": {"name": "logs", "arguments": {"words": ["eror"]}}},
        {"id": 5, "method": "tools/call", "params": {"name": "logs"}},
        {"id": 6, "method": "resources/list"},
    ]
    said = "".join(f"{json.dumps(request)}\n" for request in requests)

    done = subprocess.run([door.command, "--serve"], input=said, capture_output=True, text=True, timeout=30, check=True)

    begun, listed, found, wrong, helped, unknown = [json.loads(line) for line in done.stdout.splitlines()]
    assert begun["result"]["protocolVersion"] == "2025-06-18"
    assert listed["result"]["tools"][0]["annotations"]["readOnlyHint"] is True
    assert "source: billing, message: Payment failed" in found["result"]["content"][0]["text"]
    assert (found["result"]["isError"], wrong["result"]["isError"]) == (False, True)
    assert helped["result"]["content"][0]["text"].startswith("logs: what production's logs say")
    assert unknown["error"]["code"] == -32601
    assert asked.questions == [("errors", {"source": "billing"})]


@pytest.mark.parametrize("tools", [["Read"], ["Read", "Bash(logs:*)"]])
def test_the_other_engines_may_ask_where_the_brief_says_so(tmp_path: Path, tools: list[str]) -> None:
    may_ask = "Bash(logs:*)" in tools
    access = {"OPENAI_BASE_URL": "http://127.0.0.1:1", "OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k"}
    start = Start("cli", brief(tools=tools), tmp_path, access)

    codex = engine_named("codex").command(start)
    engine_named("gemini").command(start)

    assert (f'mcp_servers.logs={{command="{tmp_path}/bin/logs",args=["--serve"]}}' in codex) is may_ask
    assert ('commandPrefix = ["logs"]' in (tmp_path / "policy.toml").read_text()) is may_ask
