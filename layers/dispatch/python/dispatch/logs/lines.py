"""Reading a line of somebody's log: which field is what, with secrets masked and nothing left that would act where it is shown."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from dispatch.clients.loki import Entry
from dispatch.kit.masking import MASK, mask
from dispatch.kit.visible import visible
from dispatch.logs.fields import LEVELS, NAMES
from dispatch.logs.shapes import LogLine

MESSAGE_LETTERS = 2000
FIELD_LETTERS = 1000
NAME_LETTERS = 60
MOST_FIELDS = 20
LOOKED_AT = 20_000  # letters of one text that are masked at all; what is behind them is cut anyway
CUT = "… (cut)"
SHOWN = ("source", "feature", "message", "level")
SECRET_NAME = re.compile(
    r"pass(?:word|wd|phrase)?$|secret|token|api_?key|authorization|cookie|session|credential|private_?key", re.IGNORECASE
)
DEEPEST = 8  # levels of a field that are told


def read_line(entry: Entry) -> LogLine:
    """The line as its fields. One that is no JSON object is a message as a whole."""
    given = _object(entry.line)
    found: Mapping[str, Any] = {**entry.labels, **given}
    first = {what: next((found[name] for name in NAMES[what] if found.get(name) not in (None, "")), None) for what in SHOWN}
    taken = {name for what in SHOWN for name in NAMES[what]}
    others = {name: value for name, value in given.items() if name not in taken and value not in (None, "", [], {})}
    fields = {_name(name): _field(name, value) for name, value in list(others.items())[:MOST_FIELDS]}
    if len(others) > MOST_FIELDS:
        fields["…"] = f"{len(others) - MOST_FIELDS} further fields are left out"
    return LogLine(
        at=entry.at,
        level=_short(first["level"]),
        source=_short(first["source"]),
        feature=_short(first["feature"]),
        message=safe(_words(first["message"]) if first["message"] is not None else entry.line, MESSAGE_LETTERS),
        fields=fields,
    )


def value_of(entry: Entry, what: str) -> str | None:
    """What the line says of it, as it stands: to count by, not to show."""
    found: Mapping[str, Any] = {**entry.labels, **_object(entry.line)}
    return next((_words(found[name])[:FIELD_LETTERS] for name in NAMES[what] if found.get(name) not in (None, "")), None)


def safe(text: str, most: int) -> str:
    """The text masked, without hidden or control characters, and cut in the open: in this order, so that no half of a secret is left."""
    shown = mask(visible(text[:LOOKED_AT]))
    return shown if len(shown) <= most and len(text) <= LOOKED_AT else f"{shown[:most]}{CUT}"


def shape_of(message: str) -> str:
    """The message without its numbers and ids, by which lines of one error are counted together."""
    return " ".join("*" if any(map(str.isdigit, word)) else word for word in message[:MESSAGE_LETTERS].split())


def level_of(text: str | None) -> str | None:
    """The level by our name; the application's own where we have none for it."""
    return next((str(level) for level, words in LEVELS.items() if text and text.lower() in words), text)


def _object(line: str) -> dict[str, Any]:
    if not line.lstrip().startswith("{"):
        return {}
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", given) if isinstance(given, dict) else {}


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(_without_secrets(value), ensure_ascii=False)


def _field(name: str, value: Any) -> str:
    return MASK if SECRET_NAME.search(name) else safe(_words(value), FIELD_LETTERS)


def _without_secrets(value: Any, depth: int = 0) -> Any:
    """What is nested, without the values whose names say that they are secret."""
    if depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        return {name: MASK if SECRET_NAME.search(name) else _without_secrets(part, depth + 1) for name, part in given.items()}
    return [_without_secrets(part, depth + 1) for part in cast("list[Any]", value)] if isinstance(value, list) else value


def _name(name: str) -> str:
    return safe(name, NAME_LETTERS)


def _short(value: Any) -> str | None:
    return None if value is None else safe(_words(value), NAME_LETTERS * 2)
