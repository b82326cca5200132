"""Judging a hand-in, and the way a CLI left."""

import json
from pathlib import Path

import pytest

from agent.handin import faults_of, why_it_failed

STREAMS = Path(__file__).parent / "streams"
SCHEMA = {
    "$defs": {"Question": {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]}},
    "type": "object",
    "properties": {
        "outcome": {"type": "string"},
        "score": {"type": "integer"},
        "question": {"anyOf": [{"$ref": "#/$defs/Question"}, {"type": "null"}]},
        "files": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["outcome"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "handed_in",
    [
        {"outcome": "completed"},
        {"outcome": "blocked", "question": {"text": "Which one?"}, "score": 3, "files": ["a"]},
        {"outcome": "failed", "question": None, "files": []},
    ],
)
def test_what_fits_has_no_faults(handed_in: dict) -> None:
    assert faults_of(handed_in, SCHEMA) == []


@pytest.mark.parametrize(
    ("handed_in", "fault"),
    [
        (None, "the agent handed nothing in"),
        ("words", "hand-in: must be object"),
        ({}, "outcome: is missing"),
        ({"outcome": "splendid"}, "outcome: 'splendid' is not one of"),
        ({"outcome": "completed", "score": True}, "score: must be integer"),
        ({"outcome": "completed", "extra": 1}, "extra: is not known"),
        ({"outcome": "completed", "files": ["a", 2]}, "files[1]: must be string"),
        ({"outcome": "completed", "question": {"text": ""}}, "question.text: is too short"),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(handed_in: object, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults_of(handed_in, SCHEMA))


@pytest.mark.parametrize(
    ("stream", "exit_code", "why"),
    [
        ("edge-2.1.330-err400", 1, "API Error: 400 fake invalid_request_error (api_error)"),
        ("edge-2.1.330-budget", 1, "Reached maximum budget ($0.3) (budget_exhausted)"),
        ("edge-2.1.330-maxturns", 1, "max_turns"),
        ("agent-2.1.330", 1, "exit code 1"),
    ],
)
def test_a_recorded_failure_is_one_whatever_its_subtype_says(stream: str, exit_code: int, why: str) -> None:
    result = json.loads((STREAMS / f"{stream}.jsonl").read_text().splitlines()[-1])

    assert why in (why_it_failed(result, exit_code, "") or "")


def test_an_old_cli_that_hits_a_limit_without_an_error_has_failed() -> None:
    assert why_it_failed({"subtype": "error_max_turns", "is_error": False}, 0, "") is not None


@pytest.mark.parametrize("stream", ["agent-2.0.76", "agent-2.1.197", "agent-2.1.330", "edge-2.1.330-schema-stream"])
def test_a_recorded_success_is_one(stream: str) -> None:
    result = json.loads((STREAMS / f"{stream}.jsonl").read_text().splitlines()[-1])

    assert why_it_failed(result, 0, "") is None
