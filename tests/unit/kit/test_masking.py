"""Secrets and personal data are found whatever surrounds them, and a text made to be slow to read is not."""

import pytest

from dispatch.kit import masking
from dispatch.kit.ids import new_token

MOST = 250_000  # characters: more than a line that is looked at


@pytest.mark.parametrize("prefix", ["dr", "dps", "dpt", "dpw"])
def test_a_token_of_our_own_is_masked_whatever_it_ends_in(prefix: str) -> None:
    for token in (new_token(prefix), f"{prefix}_{'a' * 42}-"):
        assert masking.mask_secrets(f"token={token} end") == "token=••• end"


def test_a_private_key_is_masked_whole_even_where_its_end_is_missing() -> None:
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{'A' * 64}\n"

    assert masking.mask_secrets(f"{key}-----END RSA PRIVATE KEY----- after") == "••• after"
    assert masking.mask_secrets(key * 2) == "••••••"


def test_a_json_web_token_is_masked() -> None:
    assert masking.mask_secrets(f"Bearer eyJ{'a' * 20}.eyJ{'b' * 40}.{'c' * 43}") == "Bearer •••"


def test_what_an_agent_writes_keeps_the_addresses_of_people() -> None:
    assert masking.mask_secrets("Co-authored-by: Ada <ada@example.com>") == "Co-authored-by: Ada <ada@example.com>"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("user ada.lovelace+x@mail.example.co.uk not found", "user ••• not found"),
        ("paid with 4111 1111 1111 1111, declined", "paid with •••, declined"),
        ("paid with 4111-1111-1111-1111", "paid with •••"),
        ("from 203.0.113.7:5432", "from •••:5432"),
        ("from 2001:db8::ff00:42:8329 and ::1", "from ••• and •••"),
        ("call +49 (0)30 1234-5678 now", "call ••• now"),
        ("call (555) 123-4567 or 555-123-4567", "call ••• or •••"),
        ("password=hunter2-and-more&x=1", "password=•••&x=1"),
        ('{"api_key": "0123456789abcdef"}', '{"api_key": "•••"}'),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer •••"),
        ("curl -H 'bearer abcdefgh'", "curl -H 'bearer •••'"),
        ("postgres://app:s3cret@db/app", "postgres://•••@db/app"),
    ],
)
def test_secrets_and_personal_data_are_masked(text: str, masked: str) -> None:
    assert masking.mask(text) == masked
    assert masking.mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "order 4111111111111112 is 17 days old",  # no card: its check digit is wrong
        "at 10:30:00, took 1700000000123 ns",
        "Foo::Bar and std::vector<int>",
        "version 1.2.3 on 2024-01-15T10:30:00+02:00",
        "react@18.3.1 is missing",
        "0xdeadbeef at src/billing.py:42",
        "id 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "invalid token: none",
        "token expired",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert masking.mask(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        *("eyJ-", "eyJaaaaaaaaaa.", "-----BEGIN PRIVATE KEY-----\n", "://a:bbb", "sk-ant-", "ghp_"),
        *("a@", "a.", "@a.", "a@a.", "4 ", "4-", "1.", "a:", ":", "::", "+1 ", "+1(", "(555) ", "token=", "bearer ", "password: "),
    ],
)
def test_no_text_is_slow_to_search(piece: str) -> None:
    text = piece * (MOST // len(piece)) + " " * 10_000

    masking.mask(text)  # within the test's time limit: some took minutes
