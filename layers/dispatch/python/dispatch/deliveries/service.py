"""Taking a delivery: kept in a work of its own, then handled in one. Trying again, listing, replaying and forgetting."""

from collections.abc import Mapping
from datetime import timedelta

from dispatch.deliveries import store
from dispatch.deliveries.shapes import Delivery, DeliveryFilter, DeliveryPage, Hear, NewDelivery
from dispatch.kit.errors import DispatchError, NotFound
from dispatch.kit.log import logger
from dispatch.kit.shapes import from_cursor, to_cursor
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work

GRACE = timedelta(minutes=1)  # one that nobody finished by then was cut off in the middle
TRIES = 6  # the last comes about an hour after the first
PAUSES = (1, 2, 5, 15, 40)  # minutes between them
AT_ONCE = 20  # deliveries tried again by one sweep
KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 10_000


class DeliveryNotFound(NotFound):
    """There is no such delivery, or it is forgotten: they are kept for 30 days."""


def take(new: NewDelivery, hear: Hear) -> str:
    """The delivery is kept and handled, and this is what it did; one handled before answers the same and does nothing.

    Opens works of its own. Raises what `hear` raises: the delivery is kept then, and tried again by `retry_due`.
    """
    with open_work() as unit:
        store.insert_delivery(unit.conn, new, try_at=unit.now + GRACE, at=unit.now)
    return _handle(new.source, new.id, hear)


def retry_due(hearers: Mapping[str, Hear]) -> int:
    """Deliveries whose handling failed or was cut off are tried again, each in a work of its own; returns how many that healed."""
    with open_work() as unit:
        due = store.select_due(unit.conn, list(hearers), at=unit.now, limit=AT_ONCE)
    return sum(_retry(source, delivery_id, hearers[source]) for source, delivery_id in due)


def replay(work: Work, source: str, delivery_id: str) -> None:
    """The delivery is handled once more by the next sweep, within a minute. Raises DeliveryNotFound."""
    if not store.set_due(work.conn, source, delivery_id, at=work.now):
        raise DeliveryNotFound


def find_delivery(work: Work, source: str, delivery_id: str) -> Delivery | None:
    """The delivery whole; None where it is forgotten."""
    return store.find_delivery(work.conn, source, delivery_id)


def list_deliveries(work: Work, wanted: DeliveryFilter, *, cursor: str | None = None, limit: int = 50) -> DeliveryPage:
    """Deliveries, newest first. Raises BadInput for a cursor that is not ours."""
    found = store.select_deliveries(work.conn, wanted, after=from_cursor(cursor, 3), limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return DeliveryPage(items=found[:limit], next_cursor=to_cursor(last.received_at, last.source, last.id) if last else None)


def forget_old_deliveries(work: Work) -> int:
    """Deliveries older than 30 days are gone; returns how many."""
    return store.delete_before(work.conn, work.now - KEPT, limit=FORGOTTEN_AT_ONCE)


def _handle(source: str, delivery_id: str, hear: Hear) -> str:
    """The answer of the delivery, handled by now. Whoever comes second waits for the first, and hears the same."""
    tries = 0
    try:
        with open_work() as unit:
            delivery = _get(unit, source, delivery_id)
            if delivery.answer is not None:
                return delivery.answer
            tries = delivery.tries
            answer = hear(unit, delivery)
            store.set_handled(unit.conn, source, delivery_id, answer, at=unit.now)
    except DeliveryNotFound:
        raise
    except Exception as error:
        _note_failure(source, delivery_id, error, tries=tries + 1)
        raise
    return answer


def _get(work: Work, source: str, delivery_id: str) -> Delivery:
    delivery = store.lock_delivery(work.conn, source, delivery_id)
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def _note_failure(source: str, delivery_id: str, error: Exception, *, tries: int) -> None:
    sentence = error.sentence if isinstance(error, DispatchError) else type(error).__name__  # a stranger's words may be a secret
    with open_work() as unit:
        again = unit.now + timedelta(minutes=PAUSES[tries - 1]) if tries < TRIES else None
        store.set_failed(unit.conn, source, delivery_id, sentence, tries=tries, try_at=again)


def _retry(source: str, delivery_id: str, hear: Hear) -> bool:
    try:
        _handle(source, delivery_id, hear)
    except Exception:  # noqa: BLE001 - noted with the delivery; the next one is not its fault
        logger.exception("a delivery failed again", source=source, delivery=delivery_id)
        return False
    return True
