"""What a model's tokens cost."""

from decimal import Decimal

import pytest

from dispatch.clients.model_prices import PRICES, Tokens, cost_usd
from dispatch.kit.settings import Settings

ALL = Tokens(input=1_000_000, output=1_000_000, cache_read=1_000_000, cache_write=1_000_000)


@pytest.mark.parametrize(
    ("model", "tokens", "usd"),
    [
        ("claude-opus-5-5", ALL, "29.2"),
        ("us.anthropic.claude-opus-5-5-v1:0", ALL, "29.2"),
        ("claude-haiku-4-5-20251001", Tokens(output=1000), "0.005"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", Tokens(input=1000), "0.003"),
        ("claude-haiku-5-5", Tokens(input=100_000, output=1_000_000), "0.51"),
        ("claude-haiku-5-5", Tokens(input=100_001, output=1_000_000), "2.5500005"),
        ("claude-opus-5-5", Tokens(), "0"),
    ],
)
def test_a_known_model_has_its_price(model, tokens, usd):
    assert cost_usd(model, tokens) == Decimal(usd).quantize(Decimal("0.000001"))


def test_an_unknown_model_costs_nobody_knows_what():
    assert cost_usd("claude-opus-9", ALL) is None
    assert cost_usd("claude-opus-5-5-turbo", ALL) is None


def test_the_default_models_have_prices():
    assert {Settings().orchestrator_model, Settings().agent_model} <= set(PRICES)
