"""What a source is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dispatch.deliveries import Hear, NewDelivery


@dataclass(frozen=True, slots=True)
class Source:
    """A sender of webhooks. `read` verifies (headers in lower case, the raw body) and raises a refusal; `expects` is for people who ask."""

    expects: str
    read: Callable[[Mapping[str, str], bytes], NewDelivery]
    hear: Hear
