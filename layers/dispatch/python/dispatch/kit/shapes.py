"""Types that several rooms share: what every shape is, bounded text, money on the wire, a page of a list."""

import base64
import json
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, StringConstraints

from dispatch.kit.errors import BadInput


def _storable(text: str) -> str:
    """Postgres stores no NUL; saying so beats a 500."""
    if "\x00" in text:
        raise ValueError("it holds a NUL character")
    return text


class Shape(BaseModel):
    """What comes in, goes out or is kept. Its rules are built when it is first used: all of them at once is half of a cold start."""

    model_config = ConfigDict(defer_build=True)


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_storable)]
Words = Annotated[str, StringConstraints(max_length=100_000), AfterValidator(_storable)]
SomeWords = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100_000), AfterValidator(_storable)]
Money = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


def to_cursor(*keys: Any) -> str:
    """Where a list goes on, opaque to the client."""
    return base64.urlsafe_b64encode(json.dumps(keys, default=str).encode()).decode().rstrip("=")


def from_cursor(cursor: str | None, size: int) -> list[Any] | None:
    """The `size` keys the cursor was made of; None for the first page. Raises BadInput where it is not one of ours."""
    if not cursor:
        return None
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        keys = None
    if not isinstance(keys, list) or len(keys) != size:  # pyright: ignore[reportUnknownArgumentType]
        raise BadInput("That cursor is not one of ours. Begin again without it.")
    return keys  # pyright: ignore[reportUnknownVariableType]
