"""From the CLI's lines to events: every recorded stream, and lines nobody has seen yet."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.events import TEXT_LIMIT, Event, Translator, read_line

STREAMS = sorted((Path(__file__).parent / "streams").glob("[aem]*.jsonl"))  # Claude Code's own
KINDS = {"started", "message", "thinking", "tool_use", "tool_result", "notice"}


def lines_of(name: str) -> list[dict]:
    return [json.loads(line) for line in (Path(__file__).parent / "streams" / name).read_text().splitlines()]


def translated(lines: list[dict]) -> list[Event]:
    translator = Translator("/repo")
    return [event for second, line in enumerate(lines) for event in translator.translate(line, float(second))]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda path: path.stem)
def test_every_recorded_stream_begins_once_and_answers_every_call_it_made(stream: Path) -> None:
    events = translated(lines_of(stream.name))

    assert events[0].kind == "started"
    assert {event.kind for event in events} <= KINDS
    assert sum(event.kind == "started" for event in events) == 1
    answered = [event.data["id"] for event in events if event.kind == "tool_result"]
    assert answered == [event.data["id"] for event in events if event.kind == "tool_use"][: len(answered)]


@pytest.mark.parametrize("version", ["2.0.76", "2.1.197", "2.1.330"])
def test_the_same_work_reads_the_same_in_every_version(version: str) -> None:
    events = translated(lines_of(f"agent-{version}.jsonl"))

    assert [event.kind for event in events] == [
        *("started", "message", "tool_use", "tool_result", "message", "tool_use", "tool_result"),
        *("tool_use", "tool_use", "tool_result", "tool_result", "message"),
    ]
    assert events[0].data["cli_version"] == version
    assert events[-1].data["text"].endswith("é ✓ 日本")


def test_an_edit_shows_its_diff_with_a_path_in_the_repository() -> None:
    edit = [event for event in translated(lines_of("agent-2.1.330.jsonl")) if event.data.get("name") == "Edit"][-1]

    lines = ["-hello world", "+hello dispatch world"]
    assert edit.data["diff"] == {
        "path": "README.md",
        "hunks": [{"oldStart": 1, "oldLines": 1, "newStart": 1, "newLines": 1, "lines": lines}],
    }


def test_a_new_file_shows_as_a_diff_of_added_lines() -> None:
    write = [event for event in translated(lines_of("agent-2.1.330.jsonl")) if event.data.get("name") == "Write"][-1]

    assert write.data["diff"]["hunks"][0]["lines"] == ["+# new file", "+written by agent"]


def test_a_tool_result_tells_how_long_the_tool_ran() -> None:
    result = next(event for event in translated(lines_of("agent-2.1.330.jsonl")) if event.kind == "tool_result")

    assert result.data["ms"] == 1000


def test_a_refused_tool_is_a_warning_and_an_api_error_an_error() -> None:
    denied = translated(lines_of("edge-2.1.330-default-denied.jsonl"))
    broken = translated(lines_of("edge-2.1.330-err400.jsonl"))

    assert Event("notice", {"level": "warning", "text": "Bash was refused: This command requires approval"}) in denied
    assert Event("notice", {"level": "error", "text": "API Error: 400 fake invalid_request_error"}) in broken


def test_what_a_subagent_does_carries_its_parent() -> None:
    line = {"type": "assistant", "parent_tool_use_id": "toolu_1", "message": {"content": [{"type": "text", "text": "child"}]}}

    assert translated([line]) == [Event("message", {"text": "child", "parent": "toolu_1"})]


def test_a_long_text_is_cut_in_the_open() -> None:
    line = {"type": "assistant", "message": {"content": [{"type": "text", "text": "é" * TEXT_LIMIT}]}}

    (event,) = translated([line])

    assert len(event.data["text"].encode()) == TEXT_LIMIT
    assert (event.data["cut"], event.data["full_length"]) == (True, TEXT_LIMIT)


def test_a_long_tool_input_and_a_long_diff_are_cut_in_the_open() -> None:
    content = "x\n" * TEXT_LIMIT
    call = {"type": "tool_use", "id": "t", "name": "Write", "input": {"file_path": "/repo/a", "content": content}}
    result = {"type": "create", "filePath": "/repo/a", "content": content, "structuredPatch": []}
    answer = {
        "type": "user",
        "message": {"content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]},
        "tool_use_result": result,
    }

    used, done = translated([{"type": "assistant", "message": {"content": [call]}}, answer])

    assert used.data["cut"]
    assert used.data["input"]["file_path"] == "/repo/a"
    assert len(json.dumps(used.data)) < 2 * TEXT_LIMIT
    assert done.data["diff"]["cut"]
    assert len(json.dumps(done.data)) < 2 * TEXT_LIMIT


def test_the_tool_in_flight_is_the_one_not_yet_answered() -> None:
    translator = Translator("/repo")
    for line in lines_of("edge-2.1.330-budget.jsonl"):
        translator.translate(line, 0.0)

    assert translator.tool_in_flight() == "Bash"


@pytest.mark.parametrize("raw", [b"not json", b"[1, 2]", b"null", b"", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_an_object_on_a_line_is_none(raw: bytes) -> None:
    assert read_line(raw) is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
block = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "thinking", "tool_use", "tool_result", "new"])},
    optional={"text": anything, "id": anything, "name": anything, "input": anything, "content": anything, "tool_use_id": anything},
)
odd_line = st.fixed_dictionaries(
    {"type": st.sampled_from(["system", "assistant", "user", "result", "stream_event", "new"]) | anything},
    optional={
        "subtype": st.sampled_from(["init", "api_retry", "permission_denied", "task_started", "new"]) | anything,
        "message": st.fixed_dictionaries({"content": st.lists(block) | anything}) | anything,
        "tool_use_result": st.fixed_dictionaries({"structuredPatch": st.lists(anything) | anything, "filePath": anything}) | anything,
        "tools": anything,
    },
)


@given(odd_line)
def test_no_line_can_break_the_translation(line: dict) -> None:
    for event in Translator("/repo").translate(line, 0.0):
        assert event.kind in KINDS
        json.dumps(event.data)
