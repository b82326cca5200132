"""Which commits are suspected, most first, and the sentence that says why. Nothing here asks anybody.

What came with the last deployment before the error goes first, then what changes the very lines, then the file where the error arises,
then what is newest. A commit that touches no file of the stack is no suspect.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.clients.github_commits import Commit
from dispatch.suspects.places import Place, is_at
from dispatch.suspects.shapes import Case, Change, Suspect

MOST = 5  # more is no help
NEAR = 3  # lines: a diff shows as many around each change
MOST_RANGES = 500
HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class Looked:
    """A commit that was looked into; `deployed_at` is when it came to production, if that was with the last deployment before the error."""

    commit: Commit
    changes: list[Change]
    deployed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hit:
    """A file of the stack that a commit changes: how far out in the stack, and whether near its line."""

    file: str
    place: Place
    number: int
    is_near: bool


def rank(case: Case, places: list[Place], looked: list[Looked]) -> list[Suspect]:
    """The suspects among these commits, most suspected first."""
    suspected = [(one, hits) for one in looked if (hits := _hits(places, one.changes))]
    suspected.sort(key=lambda both: _order(*both))
    return [_suspect(case, one, hits) for one, hits in suspected[:MOST]]


def changed_lines(patch: str) -> list[tuple[int, int]]:
    """The lines, as numbered after the change, that are new or stand where others stood: first and last of each stretch."""
    found: list[tuple[int, int]] = []
    number = 0
    for line in patch.splitlines():
        if hunk := HUNK.match(line):
            number = int(hunk[1])
        elif line.startswith("+"):
            found = [*found[:-1], (found[-1][0], number)] if found and found[-1][1] in {number - 1, number} else [*found, (number, number)]
            number += 1
        elif line.startswith("-"):
            found = found if found and found[-1][1] in {number - 1, number} else [*found, (number, number)]
        elif not line.startswith("\\"):
            number += 1
        if len(found) >= MOST_RANGES:
            break
    return found


def _hits(places: list[Place], changes: list[Change]) -> list[Hit]:
    """The files of the stack among the changes, those where the error arises first, each file once."""
    found = [
        Hit(change.path, place, number, any(first - NEAR <= place.line <= last + NEAR for first, last in change.lines))
        for number, place in enumerate(places)
        for change in changes
        if is_at(place, change.path) or (change.was and is_at(place, change.was))
    ]
    found.sort(key=lambda hit: (not hit.is_near, hit.number))
    return list({hit.file: hit for hit in reversed(found)}.values())[::-1]


def _order(one: Looked, hits: list[Hit]) -> tuple[bool, bool, int, float]:
    return one.deployed_at is None, not hits[0].is_near, hits[0].number, -one.commit.at.timestamp()


def _suspect(case: Case, one: Looked, hits: list[Hit]) -> Suspect:
    commit = one.commit
    return Suspect(
        sha=commit.sha,
        title=commit.title,
        author=commit.author,
        at=commit.at,
        url=commit.url,
        files=[hit.file for hit in hits],
        because=f"{_what(hits[0])}{_when(case, one)}",
    )


def _what(hit: Hit) -> str:
    where = f" near line {hit.place.line}" if hit.is_near else ""
    return f"It changes {hit.file}{where}, {'where the error arises' if hit.number == 0 else 'through which the error goes'}"


def _when(case: Case, one: Looked) -> str:
    seen = "came back" if case.is_back else "was first seen"
    if one.deployed_at:
        return (
            f", and came to production at {one.deployed_at:%Y-%m-%d %H:%M} UTC, {_long(case.began_at - one.deployed_at)} before it {seen}."
        )
    return f", and was made {_long(case.began_at - one.commit.at)} before it {seen}."


def _long(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    for most, unit, name in ((120, 1, "minute"), (48 * 60, 60, "hour")):
        if minutes < most:
            return _many(minutes // unit, name)
    return _many(minutes // (24 * 60), "day")


def _many(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
