"""No pattern that reads what others chose can be made to try again and again: its shape says so, whatever the machine's speed."""

import re
from collections.abc import Iterator
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from dispatch.families import frames, normalising, templates
from dispatch.kit import masking

PATTERNS = {
    f"{module.__name__}.{name}": value
    for module in (normalising, frames, templates, masking)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
}
GIVES_BACK = (codes.MAX_REPEAT, codes.MIN_REPEAT)
MANY = 100  # a repetition of more than that counts as one without end


def endless(tree: Any, *, within: bool = False) -> Iterator[str]:
    """Repetitions without end that give back what they took and hold another such: those make time grow beyond length."""
    for code, given in tree:
        is_endless = code in GIVES_BACK and given[1] > MANY
        if is_endless and within:
            yield str(given)
        for part in _parts(given):
            yield from endless(part, within=within or is_endless)


def _parts(given: Any) -> Iterator[Any]:
    if isinstance(given, parser.SubPattern):
        yield given
    elif isinstance(given, tuple | list):
        for item in given:
            yield from _parts(item)


@pytest.mark.parametrize("name", PATTERNS)
def test_no_repetition_without_end_stands_within_another(name: str) -> None:
    pattern = PATTERNS[name]

    assert list(endless(parser.parse(pattern.pattern, pattern.flags))) == []


def test_the_shape_that_is_slow_would_be_seen() -> None:
    assert list(endless(parser.parse(r"x(?:a+ ?)+y")))
    assert not list(endless(parser.parse(r"x(?:a++ ?)*+y")))
