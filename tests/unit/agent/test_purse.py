"""When an agent has to land, for calls of any price: always in time for one more call, and never with more than one over the line."""

import pytest

from agent.meter import Meter
from agent.purse import Purse

CENT = 2500  # tokens of input


def spend(cents: list[int]) -> Purse:
    """The purse of a run with a cap of $1 after calls of that price."""
    meter = Meter("claude-opus-5-5")
    for number, price in enumerate(cents):
        usage = {"input_tokens": price * CENT, "output_tokens": 0}
        meter.observe({"type": "assistant", "message": {"id": str(number), "model": "claude-opus-5-5", "usage": usage, "content": []}})
    return Purse(1.0, meter)


@pytest.mark.parametrize(("price", "told_after"), [(10, 7), (20, 3), (30, 2), (35, 1), (45, 1)])
def test_it_has_to_land_before_the_call_that_crosses_the_line(price: int, told_after: int) -> None:
    told = [spend([price] * calls).has_to_land() for calls in range(1, told_after + 1)]

    assert told == [False] * (told_after - 1) + [True]
    assert not spend([price] * (told_after + 1)).is_spent(had_its_call=False)


@pytest.mark.parametrize(("prices", "had_its_call", "spent"), [([30, 30], True, False), ([30] * 3, True, True), ([84], False, False)])
def test_a_call_that_would_pass_the_cap_is_not_begun_once_the_agent_could_land(prices: list[int], had_its_call: bool, spent: bool) -> None:
    assert spend(prices).is_spent(had_its_call=had_its_call) is spent


def test_a_call_that_filled_the_cache_does_not_make_the_next_look_as_dear() -> None:
    meter = Meter("claude-opus-5-5")
    usage = {"input_tokens": 0, "cache_creation_input_tokens": 100_000, "output_tokens": 0}
    meter.observe({"type": "assistant", "message": {"id": "1", "model": "claude-opus-5-5", "usage": usage, "content": []}})

    assert meter.metered_usd == pytest.approx(0.5)
    assert meter.next_call_usd == pytest.approx(0.04)


def test_a_stream_tells_the_exact_output_whatever_was_estimated_before() -> None:
    meter = Meter("claude-opus-5-5")
    start = {"id": "1", "model": "claude-opus-5-5", "usage": {"input_tokens": 0, "output_tokens": 1}}
    meter.observe({"type": "stream_event", "event": {"type": "message_start", "message": start}})
    meter.observe({"type": "assistant", "message": start | {"content": [{"type": "text", "text": "x" * 3000}]}})
    meter.observe({"type": "stream_event", "event": {"type": "message_delta", "usage": {"output_tokens": 700}}})

    assert meter.usage()["output_tokens"] == 700
    assert meter.metered_usd == pytest.approx(0.014)
