"""How often one of Sentry's issues was seen: it tells of single events, and of how many there were; no event counts twice. Pure."""

from datetime import datetime

from dispatch.families import NewSighting
from dispatch.intake.reading_sentry import Told
from dispatch.kit.shapes import Shape


class Known(Shape):
    """What is known of one of Sentry's issues. `counted_until`: Sentry told how many there were up to then."""

    id: str
    delivery: str
    key: str
    counted: int
    counted_until: datetime | None
    tries: int


def counted(known: Known, told: Told, *, is_new: bool) -> tuple[NewSighting, Known]:
    """The sighting that the report makes, and what is known after it. `is_new`: no sighting has its key yet.

    What says nothing new goes to the newest sighting, and adds nothing to it.
    """
    new = told.sighting
    added = _added(known, told) if is_new else 0
    if added == 0:
        return new.model_copy(update={"count": 1, "key": known.key or new.key} if is_new else {"count": 1}), known
    until = new.last_seen if told.total is not None else known.counted_until
    after = known.model_copy(update={"key": new.key, "counted": known.counted + added, "counted_until": until})
    return new.model_copy(update={"count": added}), after


def _added(known: Known, told: Told) -> int:
    if told.total is not None:
        return max(0, told.total - known.counted)
    is_counted = known.counted_until is not None and told.sighting.last_seen <= known.counted_until
    return 0 if is_counted else 1
