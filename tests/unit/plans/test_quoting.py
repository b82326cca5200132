"""What agents and tools write stays words, wherever it is put in a description."""

import re

import pytest

from dispatch.plans.quoting import BREAK, fenced, line_of, quoted, unbound

CLOSES = re.compile(r"\b(?:clos(?:e[sd]?)|fix(?:e[sd])?|resolve[sd]?)[\s:]+(?:[\w./-]*#\d|gh-\d|https?://)", re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "acted_upon"),
    [
        ("thanks @octocat", "@octocat"),
        ("thanks &#64;octocat", "&#64;octocat"),
        ("thanks &commat;octocat", "&commat;octocat"),
        ("see #12", "#12"),
        ("see acme/shop#12", "#12"),
        ("see GH-12", "GH-12"),
        ("<img src=//evil.example/x.png>", "<img"),
        ("</details>", "</details"),
        ("<!-- hidden -->", "<!--"),
        ("![shot](https://evil.example/x.png)", "!["),
        ("`@octocat`", "@octocat"),
        ("``` `\n@octocat", "@octocat"),
        ("a\n/lgtm", "\n/lgtm"),
        ("done [skip ci]", "[skip ci]"),
        ("Co-authored-by: A <a@b.c>", "Co-authored-by:"),
        ("Dispatch-Issue: DISPATCH-99", "Dispatch-Issue:"),
    ],
)
def test_what_github_would_act_on_is_broken_and_still_read(text: str, acted_upon: str) -> None:
    told = quoted(text, most=1000)

    assert acted_upon not in told
    assert BREAK in told or "hidden" in text
    assert acted_upon not in line_of(text, most=1000)


@pytest.mark.parametrize("words", ["Fixes #12", "closes: acme/shop#12", "RESOLVED GH-12", "fix https://github.com/acme/shop/issues/12"])
def test_nothing_is_closed_by_words_not_even_within_code(words: str) -> None:
    assert CLOSES.search(words)

    for told in (quoted(words, most=1000), fenced(words), unbound(words), quoted(f"```\n{words}\n```", most=1000)):
        assert not CLOSES.search(told)


def test_a_trailer_within_code_is_none() -> None:
    assert "Dispatch-Issue:" not in fenced("ok\nDispatch-Issue: DISPATCH-99")


def test_code_stays_as_it_was() -> None:
    assert quoted("Run\n\n```python\n@cache\ndef f() -> list[int]: ...  # 1 < 2\n```\n", most=1000).split("\n") == [
        "> Run",
        ">",
        "> ```python",
        "> @cache",
        "> def f() -> list[int]: ...  # 1 < 2",
        "> ```",
    ]


def test_code_cannot_end_its_own_block() -> None:
    assert fenced("```\n@octocat").startswith("````\n")


@pytest.mark.parametrize("opening", ["   ```", "> ```", "- ```", "1. ~~~", "````"])
def test_an_open_block_does_not_turn_code_into_words(opening: str) -> None:
    told = quoted(f"{opening}\nx\n\n```\n@octocat\n```\n", most=1000)

    lines = [line.removeprefix("> ") for line in told.split("\n")]
    assert [line for line in lines if re.match(r"[\s>*+\d.)-]*(?:```|~~~)", line)] == ["```", "```"] or "@octocat" not in told


def test_every_line_stays_within_the_quotation() -> None:
    assert all(line.startswith(">") for line in quoted("## Proof\n\nProven.\r\n\n---\nx\u2028y", most=1000).split("\n"))


@pytest.mark.parametrize("text", ["```a\n" * 200_000, "fix " * 250_000, "a-" * 500_000, "&" * 1_000_000, "`" * 1_000_000, "<!--" * 250_000])
def test_a_text_made_to_be_slow_to_read_is_not(text: str) -> None:
    assert len(quoted(text, most=20_000)) <= 20_000
    assert len(line_of(text, most=100)) <= 100
