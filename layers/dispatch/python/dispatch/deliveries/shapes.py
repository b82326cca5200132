"""The shapes of deliveries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.kit.shapes import Shape
from dispatch.kit.work import Work


class DeliverySummary(Shape):
    """A delivery as lists show it. `answer` is what it did; `try_at` None where it is handled, or nobody tries it again."""

    source: str
    id: str
    event: str
    received_at: datetime
    handled_at: datetime | None
    answer: str | None
    tries: int
    failure: str | None
    try_at: datetime | None


class Delivery(DeliverySummary):
    """A delivery whole."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """What came in at a door and was verified there. `id` is the sender's own, the same when it sends again."""

    source: str
    id: str
    event: str
    body: dict[str, Any]


class DeliveryFilter(Shape):
    """Which deliveries; None leaves all. `failed`: those that are not handled, though it was tried."""

    source: str | None = None
    failed: bool | None = None


class DeliveryPage(Shape):
    """Deliveries, newest first."""

    items: list[DeliverySummary]
    next_cursor: str | None


Hear = Callable[[Work, Delivery], str]  # does what a delivery is about, in one work, and says in a few words what that was
