"""The running estimate of what an agent costs."""

import json
from pathlib import Path

import pytest

from agent.meter import Meter

STREAMS = Path(__file__).parent / "streams"


def metered(lines: list[dict]) -> Meter:
    meter = Meter("claude-opus-5-5")
    for line in lines:
        meter.observe(line)
    return meter


@pytest.mark.parametrize("stream", ["agent-2.1.197", "agent-2.1.330", "edge-2.1.330-schema-stream", "edge-2.1.330-maxturns", "mcp-2.1.330"])
def test_the_estimate_comes_within_five_percent_of_what_the_cli_charges(stream: str) -> None:
    *work, result = [json.loads(line) for line in (STREAMS / f"{stream}.jsonl").read_text().splitlines()]

    assert metered(work).metered_usd == pytest.approx(result["total_cost_usd"], rel=0.05)


def said(message: str, model: str = "claude-opus-5-5", tokens: int = 1000, text: str = "") -> dict:
    usage = {"input_tokens": tokens, "output_tokens": 1}
    return {"type": "assistant", "message": {"id": message, "model": model, "usage": usage, "content": [{"type": "text", "text": text}]}}


def test_blocks_of_one_message_are_counted_once() -> None:
    assert metered([said("a"), said("a")]).usage()["input_tokens"] == 1000
    assert metered([said("a"), said("b")]).usage()["input_tokens"] == 2000


def test_output_is_counted_by_what_was_written_since_the_cli_does_not_tell_it() -> None:
    assert metered([said("a", text="x" * 3000)]).usage()["output_tokens"] == 1000


def test_a_model_without_a_known_price_costs_as_much_as_the_dearest() -> None:
    assert metered([said("a", model="new-model")]).metered_usd == pytest.approx(metered([said("a", model="claude-fable-9")]).metered_usd)


def test_what_the_cli_reports_counts_where_it_is_higher() -> None:
    assert metered([said("a"), {"type": "result", "total_cost_usd": 3.5}]).metered_usd == 3.5


def test_odd_lines_cost_nothing() -> None:
    odd = [
        {"type": "assistant"},
        {"type": "assistant", "message": "x"},
        {"type": "assistant", "message": {"usage": [], "content": "x"}},
        {"type": "result"},
    ]

    assert metered(odd).metered_usd == 0
