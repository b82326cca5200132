"""What a stranger's payload says, taken with care: texts, numbers and moments of any form, or none."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from dispatch.families import Link
from dispatch.kit.errors import BadInput

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # what is older means "none": the year 1, or 1970
LONGEST_KEY = 200
MOST_ENTITIES = 1000


class Unreadable(BadInput):
    """What was reported cannot be read."""


def text(value: Any) -> str:
    """The text, trimmed; a figure as it is written; empty for anything else."""
    match value:
        case str():
            return value.strip()
        case bool() | int() | float():
            return str(value)
        case _:
            return ""


def first(*values: Any) -> str:
    """The first that says something; empty where none does."""
    return next((said for said in map(text, values) if said), "")


def table(value: Any, what: str) -> dict[str, Any]:
    """The object. Raises Unreadable for anything else."""
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is no object")
    return cast("dict[str, Any]", value)


def fields(value: Any) -> dict[str, Any]:
    """The object; an empty one where it is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The list; an empty one where it is none."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [fields(one) for one in items(value) if isinstance(one, dict)]


def number(value: Any) -> float | None:
    """The figure, also where it is written as text. A truth is no figure."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: Any, *, now: datetime) -> datetime | None:
    """The moment, never after `now`; None where it is none, or one that stands for none, as the year 1 does."""
    try:
        found = datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else datetime.fromisoformat(text(value))
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return min(found, now) if found >= EARLIEST else None


def links(*named: tuple[str, Any]) -> list[Link]:
    """Those that lead somewhere on the web: nothing else belongs behind something to click on."""
    return [Link(name=name, url=text(url)) for name, url in named if text(url).lower().startswith(("http://", "https://"))]


def entities(names: Iterable[str], *places: Mapping[str, Any]) -> list[str]:
    """The ids that stand under these names, once each; several in one place are separated by commas."""
    found = (one.strip() for place in places for name in names for one in text(place.get(name)).split(","))
    return list(dict.fromkeys(filter(None, found)))[:MOST_ENTITIES]


def key_of(*parts: str) -> str:
    """One name made of several, short enough to be kept whole."""
    key = " ".join(parts)
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode(errors="replace")).hexdigest()
