"""LogQL, built from typed parts. What somebody gave stands in a string literal and cannot leave it; names and shapes are ours alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")  # what RE2 would act on
WITHOUT_FAULTS = '| __error__=""'  # a line that is no JSON would fail the whole count


@dataclass(frozen=True, slots=True)
class Contains:
    """The line has this text in it, as it stands."""

    text: str
    ignore_case: bool = False

    def __str__(self) -> str:
        return f"|~ {quoted(f'(?i:{_literal(self.text)})')}" if self.ignore_case else f"|= {quoted(self.text)}"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the line, or a label of its stream, under any of its `names`, is one of `values`."""

    names: tuple[str, ...]
    values: tuple[str, ...]
    ignore_case: bool = False

    def __str__(self) -> str:
        return f"| ({' or '.join(f'{checked(name)}{self._matcher()}' for name in self.names)})"

    def _matcher(self) -> str:
        if len(self.values) == 1 and not self.ignore_case:
            return f"={quoted(self.values[0])}"
        flag, choices = "i" if self.ignore_case else "", "|".join(map(_literal, self.values))
        return f"=~{quoted(f'(?{flag}:{choices})')}"


Part = Contains | Field


def lines(selector: str, parts: Sequence[Part]) -> str:
    """The query for the lines of the streams in `selector` that fit every part: text first, as Loki finds it fastest."""
    texts = [str(part) for part in parts if isinstance(part, Contains)]
    fields = [str(part) for part in parts if isinstance(part, Field)]
    return " ".join([selector, *texts, *(["| json", *fields] if fields else [])])


def counts(selector: str, parts: Sequence[Part], *, over: timedelta, by: Sequence[str] = ()) -> str:
    """The query for how many lines fit within `over` before the moment that is asked about: in all, or for each value of `by`."""
    query = lines(selector, parts)
    if by and "| json" not in query:
        query += " | json"
    counted = f"count_over_time({query} {WITHOUT_FAULTS} [{max(1, round(over.total_seconds()))}s])"
    return f"sum by ({', '.join(map(checked, by))}) ({counted})" if by else f"sum({counted})"


def quoted(text: str) -> str:
    """The text as a string of LogQL, which are those of Go: only what everybody can see stands there as it is."""
    return f'"{"".join(map(_escaped, text))}"'


def checked(name: str) -> str:
    """The name of a label, where it can be one. Raises ValueError."""
    if not NAME.match(name):
        raise ValueError(f"{name!r} is no label's name")
    return name


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:  # half a character, which Go knows no string with
        return "\\ufffd"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _literal(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)
