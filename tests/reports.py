"""Reports of errors, and taking them, in one line each."""

from datetime import UTC, datetime
from typing import Any

from dispatch import intake
from dispatch.families import NewSighting, Origin
from dispatch.intake import Taken
from dispatch.kit.work import work

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def report(message: str = "The total is wrong", **more: Any) -> NewSighting:
    """A report by Grafana."""
    given = {"origin": Origin.GRAFANA, "source": "orders", "feature": "totals", "message": message, "first_seen": AT, "last_seen": AT}
    return NewSighting(**(given | more))


def take(new: NewSighting) -> Taken:
    """It was reported."""
    with work() as unit:
        return intake.take_sighting(unit, new)
