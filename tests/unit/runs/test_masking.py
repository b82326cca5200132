"""Secrets are found whatever surrounds them, and a text made to be slow to read is not."""

import pytest

from dispatch.kit.ids import new_token
from dispatch.runs import masking

MOST = 1_000_000  # characters: a whole request


@pytest.mark.parametrize("prefix", ["dr", "dps", "dpt", "dpw"])
def test_a_token_of_our_own_is_masked_whatever_it_ends_in(prefix: str) -> None:
    for token in (new_token(prefix), f"{prefix}_{'a' * 42}-"):
        assert masking.mask(f"token={token} end") == "token=••• end"


def test_a_private_key_is_masked_whole_even_where_its_end_is_missing() -> None:
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{'A' * 64}\n"

    assert masking.mask(f"{key}-----END RSA PRIVATE KEY----- after") == "••• after"
    assert masking.mask(key * 2) == "••••••"


def test_a_json_web_token_is_masked() -> None:
    assert masking.mask(f"Bearer eyJ{'a' * 20}.eyJ{'b' * 40}.{'c' * 43}") == "Bearer •••"


@pytest.mark.parametrize("piece", ["eyJ-", "eyJaaaaaaaaaa.", "-----BEGIN PRIVATE KEY-----\n", "://a:bbb", "sk-ant-", "ghp_"])
def test_no_text_is_slow_to_search(piece: str) -> None:
    text = piece * (MOST // len(piece)) + " " * 10_000

    masking.mask(text)  # within the test's time limit: some took minutes
