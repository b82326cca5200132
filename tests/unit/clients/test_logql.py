"""LogQL: whatever somebody gives stands in its string, and Loki reads there what was given."""

import re
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dispatch.clients import logql
from dispatch.clients.logql import Contains, Field
from tests.loki_door import TOKEN

SELECTOR = '{app="shop"}'
ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|(.))")
ANYTHING = st.text(st.characters())  # half characters too
ATTEMPTS = [
    '"} or {app=~".+"',
    '\\"',
    "\\",
    '" | line_format "{{.password}}',
    "a\nb",
    "`",
    '")) or vector(1) #',
    "\x00",
    "\ud800",
    "(?i)",
    "🦊",
]


def kinds(query: str) -> list[str]:
    """What the query is made of, its strings aside. Fails where it is no LogQL."""
    place, found = 0, []
    while place < len(query):
        token = TOKEN.match(query, place)
        assert token, query[place:]
        found.append("string" if token.lastgroup == "string" else token[0].strip())
        place = token.end()
    return found


def unquoted(literal: str) -> str:
    """What Go reads in a string literal; it knows no halves of characters."""
    assert literal[0] == literal[-1] == '"'
    assert not re.search(r'(?<!\\)(?:\\\\)*"', literal[1:-1])
    return ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)) if found[1] or found[2] else found[3], literal[1:-1])


@given(ANYTHING)
@example(ATTEMPTS[0])
def test_a_string_is_read_as_it_was_given(text: str) -> None:
    assert unquoted(logql.quoted(text)) == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@given(st.text(st.characters(), min_size=1), st.booleans())
def test_no_text_leaves_its_place_in_a_query(text: str, ignore_case: bool) -> None:
    parts = [
        Contains(text, ignore_case=ignore_case),
        Field(("user_id", "userId"), (text,), ignore_case=ignore_case),
        Field(("level",), (text, text)),
    ]
    plain = [
        Contains("x", ignore_case=ignore_case),
        Field(("user_id", "userId"), ("x",), ignore_case=ignore_case),
        Field(("level",), ("x", "x")),
    ]

    assert kinds(logql.lines(SELECTOR, parts)) == kinds(logql.lines(SELECTOR, plain))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_is_looked_for_whatever_its_case_is_no_pattern(text: str) -> None:
    literal = str(Contains(text, ignore_case=True)).removeprefix("|~ ")

    assert re.compile(unquoted(literal)).fullmatch(text)


@pytest.mark.parametrize("name", ["", "a b", 'a"', "a=b", "1a", "a\n"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no label's name"):
        logql.lines(SELECTOR, [Field((name,), ("x",))])


def test_a_count_by_group_reads_the_fields_and_passes_over_what_is_no_json() -> None:
    query = logql.counts(SELECTOR, [Contains("x")], over=timedelta(minutes=5), by=("source",))

    assert query == 'sum by (source) (count_over_time({app="shop"} |= "x" | json | __error__="" [300s]))'
