"""JSON as Postgres takes it: pydantic shapes, times and ids become plain values, and what `jsonb` refuses is replaced."""

import json
import math
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # stands where a character was that no `jsonb` can hold


def to_json(value: Any) -> str:
    """JSON text that every `jsonb` column takes. NUL and lone surrogates, which agents do print, become U+FFFD; NaN becomes null."""
    text = _text_of(value)
    if "\\u0000" in text or "NaN" in text or "Infinity" in text or not _is_unicode(text):
        text = json.dumps(_cleaned(json.loads(text)), ensure_ascii=False, separators=(",", ":"))
    return text


def _text_of(value: Any) -> str:
    if isinstance(value, BaseModel):
        with suppress(PydanticSerializationError):  # it writes no lone surrogates
            return value.model_dump_json()
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    match value:
        case BaseModel():
            return value.model_dump(mode="json")
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case UUID():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no place in JSON")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", REPLACEMENT).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case float() if not math.isfinite(value):
            return None
        case list():
            return [_cleaned(item) for item in cast("list[Any]", value)]
        case dict():
            return {_cleaned(key): _cleaned(item) for key, item in cast("dict[str, Any]", value).items()}
        case _:
            return value
