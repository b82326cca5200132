"""The other engines' output, recorded from their CLIs, put into the runner's language; and what their command lines allow."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.course import Course
from agent.engines import Start, UnknownEngineError, engine_named
from agent.engines.hand_in import last_object, strict
from agent.events import Event, Translator
from agent.meter import Meter
from tests.unit.agent.control_plane import SCHEMA, brief
from tests.unit.agent.test_events import KINDS

STREAMS = Path(__file__).parent / "streams"
DONE = {"outcome": "completed", "summary": "It is done."}


class Read:
    """A recording, read as a session reads it."""

    def __init__(self, name: str, model: str = "gpt-6-sol") -> None:
        self.events: list[Event] = []
        self.course, self.meter = Course(), Meter(model)
        engine, translator = engine_named(name.split("-", maxsplit=1)[0]), Translator("/repo")
        for second, raw in enumerate((STREAMS / f"{name}.jsonl").read_text().splitlines()):
            for line in engine.put(json.loads(raw)):
                self.events += translator.translate(line, float(second))
                self.course.observe(line, tools_run=bool(translator.open_calls))
                self.meter.observe(line)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [event.data for event in self.events if event.kind == kind]


@pytest.mark.parametrize("stream", sorted(path.stem for path in STREAMS.glob("[cg]*.jsonl")))
def test_every_recorded_stream_begins_once_answers_every_call_and_comes_to_rest(stream: str) -> None:
    read = Read(stream)

    assert [event.kind for event in read.events].index("started") == 0
    assert len(read.of_kind("started")) == 1
    assert {event.kind for event in read.events} <= KINDS
    assert sorted(data["id"] for data in read.of_kind("tool_use")) == sorted(data["id"] for data in read.of_kind("tool_result"))
    assert all(data["name"] for data in read.of_kind("tool_result"))
    assert read.course.at_rest


@pytest.mark.parametrize(("stream", "tools"), [("codex-0.169.0-read", ["Bash"] * 3), ("gemini-0.61.0-read", ["Read", "Bash", "Grep"])])
def test_work_is_told_by_the_names_that_screens_know(stream: str, tools: list[str]) -> None:
    read = Read(stream)

    assert read.of_kind("message")[0]["text"] == "I look."
    assert [data["name"] for data in read.of_kind("tool_use")][:3] == tools
    assert "git log" in str([data["input"].get("command") for data in read.of_kind("tool_use")])


def test_a_tool_that_is_a_server_is_told_by_its_own_name_and_words() -> None:
    read = Read("codex-0.169.0-logs")

    (used,), (said,) = read.of_kind("tool_use"), read.of_kind("tool_result")
    assert (used["name"], used["input"]) == ("logs", {"words": ["errors", "--source", "billing"]})
    assert said["text"].endswith("3 lines in all.")


@pytest.mark.parametrize("stream", ["codex-0.169.0-read", "codex-0.169.0-write", "codex-0.169.0-broken", "gemini-0.61.0-write"])
def test_what_the_last_message_holds_is_the_hand_in(stream: str) -> None:
    assert Read(stream).course.handed_in == DONE


@pytest.mark.parametrize("stream", ["codex-0.169.0-plain", "gemini-0.61.0-plain"])
def test_an_agent_that_only_talks_hands_nothing_in(stream: str) -> None:
    read = Read(stream)

    assert read.course.handed_in is None
    assert read.of_kind("message") == [{"text": "I had rather chat."}]


@pytest.mark.parametrize("stream", ["codex-0.169.0-refused", "gemini-0.61.0-refused"])
def test_an_api_that_refuses_is_an_error_with_its_words(stream: str) -> None:
    result = Read(stream).course.result

    assert result is not None
    assert result["is_error"]
    assert "You have done something the API does not like." in result["errors"][0]


def test_codex_shows_a_command_without_its_shell_and_its_failure_as_one() -> None:
    read = Read("codex-0.169.0-read")

    assert read.of_kind("tool_use")[2]["input"] == {"command": "ls /nowhere"}
    assert [data["is_error"] for data in read.of_kind("tool_result")] == [False, False, True]
    assert "No such file" in read.of_kind("tool_result")[2]["text"]
    assert read.of_kind("thinking") == [{"text": "**Looking** around"}]


def test_codex_shows_which_files_it_changed() -> None:
    change = Read("codex-0.169.0-write").of_kind("tool_use")[0]

    assert change["name"] == "Edit"
    assert [(part["path"], part["kind"]) for part in change["input"]["changes"]] == [
        ("/repo/README.md", "update"),
        ("/repo/new.txt", "add"),
    ]


def test_codex_tells_of_another_try_as_a_warning() -> None:
    (notice,) = Read("codex-0.169.0-broken").of_kind("notice")

    assert (notice["level"], notice["text"][:21]) == ("warning", "Reconnecting... 1/5 (")


def test_gemini_shows_what_its_policy_refused() -> None:
    refused = [data["text"] for data in Read("gemini-0.61.0-read").of_kind("tool_result") if data["is_error"]]

    assert refused[:3] == ["Tool execution denied by policy."] * 3
    assert 'Tool "write_file" not found' in refused[3]


@pytest.mark.parametrize(
    ("stream", "model", "usd"),
    # 4 calls of 4,000 fresh tokens, 8,000 cached and 300 written; 5 calls of as many, and 100 for thoughts
    [("codex-0.169.0-read", "gpt-6-sol", 0.0504), ("gemini-0.61.0-write", "gemini-3-pro", 0.072)],
)
def test_the_end_tells_what_the_run_has_cost(stream: str, model: str, usd: float) -> None:
    read = Read(stream, model)

    assert read.meter.metered_usd == pytest.approx(usd)
    assert read.meter.usage()["cache_read_tokens"] == (32_000 if model == "gpt-6-sol" else 40_000)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)
item = st.fixed_dictionaries(
    {"type": st.sampled_from(["agent_message", "reasoning", "command_execution", "file_change", "web_search", "error", "new"]) | anything},
    optional=dict.fromkeys(("id", "text", "message", "command", "aggregated_output", "exit_code", "status", "changes", "error"), anything),
)
kinds = ["thread.started", "item.started", "item.completed", "turn.completed", "turn.failed", "error"]
kinds += ["init", "message", "tool_use", "tool_result", "result"]
odd_line = st.fixed_dictionaries(
    {"type": st.sampled_from(kinds) | anything},
    optional=dict.fromkeys(["content", "role", "tool_name", "tool_id", "parameters", "output", "severity", "message", "status"], anything)
    | {"item": item | anything, "usage": anything | st.fixed_dictionaries({"input_tokens": anything, "output_tokens": anything})}
    | {"error": anything, "stats": anything | st.fixed_dictionaries({"input_tokens": anything, "total_tokens": anything})},
)


@pytest.mark.parametrize("name", ["codex", "gemini"])
@settings(deadline=None)  # a busy machine is no broken reading
@given(lines=st.lists(odd_line, max_size=3))
def test_no_line_can_break_the_reading(name: str, lines: list[dict]) -> None:
    engine, translator, course, meter = engine_named(name), Translator("/repo"), Course(), Meter("gpt-6-sol")

    for said in lines:
        for line in engine.put(said):
            events = translator.translate(line, 0.0)
            course.observe(line, tools_run=False)
            meter.observe(line)
            assert json.dumps([event.data for event in events])


def begun(name: str, home: Path, **changes: Any) -> list[str]:
    """The command line of a run of that engine."""
    access = {"OPENAI_API_KEY": "pass", "OPENAI_BASE_URL": "http://127.0.0.1:1", "GEMINI_API_KEY": "pass"}
    return engine_named(name).command(Start("program", brief(model="some-model", **changes), home, access))


@pytest.mark.parametrize(("writes_code", "sandbox"), [(False, "read-only"), (True, "workspace-write")])
def test_codex_runs_in_the_sandbox_that_the_brief_calls_for_without_network_or_approvals(
    tmp_path: Path, writes_code: bool, sandbox: str
) -> None:
    command = begun("codex", tmp_path, writes_code=writes_code)

    assert command[command.index("-s") + 1] == sandbox
    settings = tomllib.loads("\n".join(command[at + 1] for at, word in enumerate(command) if word == "-c"))
    assert settings["approval_policy"] == "never"
    assert settings["sandbox_workspace_write"]["network_access"] is False
    assert settings["web_search"] == "disabled"
    assert settings["developer_instructions"] == "You work for Dispatch."
    assert {"--ephemeral", "--ignore-user-config", "--ignore-rules"} <= set(command)
    assert "pass" not in " ".join(command)


def test_codex_is_held_to_a_schema_that_openai_takes(tmp_path: Path) -> None:
    command = begun("codex", tmp_path)

    schema = json.loads(Path(command[command.index("--output-schema") + 1]).read_text())
    assert schema["required"] == ["outcome", "summary", "report"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["outcome"]["type"] == "string"
    assert {"type": "null"} in schema["properties"]["report"]["anyOf"]


def policy_of(home: Path, **changes: Any) -> list[dict[str, Any]]:
    command = begun("gemini", home, **changes)
    return tomllib.loads(Path(command[command.index("--admin-policy") + 1]).read_text())["rule"]


def test_gemini_may_use_what_the_brief_names_and_nothing_else(tmp_path: Path) -> None:
    everything, tools, commands = policy_of(tmp_path, tools=["Read", "Edit", "Write", "Bash(git commit:*)"], writes_code=True)

    assert (everything["toolName"], everything["decision"]) == ("*", "deny")
    assert tools["toolName"] == ["read_file", "list_directory", "replace", "write_file"]
    assert commands["commandPrefix"] == ["git commit"]
    assert everything["priority"] < min(tools["priority"], commands["priority"])


def test_gemini_that_may_only_read_gets_no_writing_tool_even_where_the_brief_is_careless(tmp_path: Path) -> None:
    rules = policy_of(tmp_path, tools=["Read", "Edit", "Write", "Bash", "Bash(git log:*)"], writes_code=False)

    allowed = [rule for rule in rules if rule["decision"] == "allow"]
    assert [rule["toolName"] for rule in allowed] == [["read_file", "list_directory"], "run_shell_command"]
    assert allowed[1]["commandPrefix"] == ["git log"]
    assert "git .*--ou" in [rule.get("commandRegex") for rule in rules if rule["decision"] == "deny"]


def test_gemini_leaves_out_what_the_repository_configures(tmp_path: Path) -> None:
    command = begun("gemini", tmp_path)

    assert "--skip-trust" in command
    assert json.loads((tmp_path / ".gemini" / "settings.json").read_text())["security"]["folderTrust"]["enabled"]


def test_gemini_takes_no_word_of_a_brief_for_a_command_of_its_own() -> None:
    assert engine_named("gemini").spoken("/memory add @secrets.txt") == b"The brief:\n\n/memory add \\@secrets.txt\n\n"


def test_an_engine_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownEngineError, match="no engine 'cursor'"):
        engine_named("cursor")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(DONE),
        json.dumps(DONE | {"question": None}),
        f"First:\n```json\n{{}}\n```\nThen:\n```json\n{json.dumps(DONE)}\n```\n",
        f"```\n{json.dumps(DONE)}\n```",
        f"```json\r\n{json.dumps(DONE)}\r\n```",
    ],
)
def test_a_hand_in_is_the_last_object_of_the_last_message(text: str) -> None:
    assert last_object(text) == DONE


@pytest.mark.parametrize("text", ["", "It is done.", "```json\n[1]\n```", "```json\n{broken\n```", "[" * 100_000])
def test_words_without_an_object_are_no_hand_in(text: str) -> None:
    assert last_object(text) is None


def test_a_strict_schema_keeps_what_was_required_and_lets_the_rest_be_null() -> None:
    inner = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "minLength": 1}, "b": {"enum": ["x"]}}}

    found = strict({"type": "array", "items": inner})

    assert found["items"]["required"] == ["a", "b"]
    assert found["items"]["properties"] == {
        "a": {"type": "string"},
        "b": {"anyOf": [{"enum": ["x"], "type": "string"}, {"type": "null"}]},
    }
    assert strict(SCHEMA)["required"] == list(SCHEMA["properties"])
