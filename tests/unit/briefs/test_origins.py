"""What a brief makes of text from elsewhere."""

import pytest

from dispatch.briefs.origins import normalise


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\U000e0041", "\U000e0100", "\ufe0f", "\u3164", "\u00ad", "\x1b"])
def test_characters_that_nobody_sees_are_gone(hidden: str) -> None:
    assert normalise(f"fix{hidden} it") == "fix it"
