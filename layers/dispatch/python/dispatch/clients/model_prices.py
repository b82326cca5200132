"""What a model's tokens cost, at Anthropic's list prices (November 2026). Which model is used, and who may spend, is not here."""

import re
from dataclasses import dataclass
from decimal import Decimal

MILLION = Decimal(1_000_000)
LONG_PROMPT = 100_000  # tokens; beyond them Haiku 5.5 has other prices
AROUND_A_NAME = re.compile(r"^(?:[a-z-]+\.)?anthropic\.|-v\d+(?::\d+)?$|@\d{8}$|-\d{8}(?=$|-v\d)|\[1m\]$")  # how Bedrock and dates dress it


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one or more calls. `input` counts neither those read from the cache nor those written to it."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def prompt(self) -> int:
        return self.input + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens; a cache is written for 5 minutes."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal


def _price(spec: str) -> Price:
    return Price(*(Decimal(figure) for figure in spec.split()))


OPUS = _price("5 25 0.50 6.25")
FABLE = _price("10 50 1 12.50")
FABLE_5_1 = _price("10 50 0.25 12.50")
SONNET_4 = _price("3 15 0.30 3.75")
HAIKU_5_5 = "claude-haiku-5-5"
HAIKU_5_5_LONG = _price("0.50 2.50 0.05 0.625")

PRICES = {
    "claude-fable-5-1": FABLE_5_1,
    "claude-mythos-5-1": FABLE_5_1,
    "claude-fable-5": FABLE,
    "claude-mythos-5": FABLE,
    "claude-opus-5-5": _price("4 20 0.20 5"),
    "claude-opus-5": OPUS,
    "claude-opus-4-8": OPUS,
    "claude-opus-4-7": OPUS,
    "claude-opus-4-6": OPUS,
    "claude-opus-4-5": OPUS,
    "claude-opus-4-1": _price("15 75 1.50 18.75"),
    "claude-sonnet-5-5": _price("2 10 0.10 2.50"),
    "claude-sonnet-5": _price("2 10 0.20 2.50"),
    "claude-sonnet-4-6": SONNET_4,
    "claude-sonnet-4-5": SONNET_4,
    HAIKU_5_5: _price("0.10 0.50 0.01 0.125"),
    "claude-haiku-4-5": _price("1 5 0.10 1.25"),
}


def cost_usd(model: str, tokens: Tokens) -> Decimal | None:
    """What one call cost; None where the model's price is not known, which is not the same as nothing."""
    price = _find_price(model, tokens)
    if price is None:
        return None
    total = (
        tokens.input * price.input
        + tokens.output * price.output
        + tokens.cache_read * price.cache_read
        + tokens.cache_write * price.cache_write
    )
    return (total / MILLION).quantize(Decimal("0.000001"))


def _find_price(model: str, tokens: Tokens) -> Price | None:
    name = AROUND_A_NAME.sub("", AROUND_A_NAME.sub("", model))
    if name == HAIKU_5_5 and tokens.prompt > LONG_PROMPT:
        return HAIKU_5_5_LONG
    return PRICES.get(name)
