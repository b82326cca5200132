"""Hearing a delivery of alerts: each is one sighting that begins, goes on or is over. How an alert is read: `reading_alerts`."""

from collections.abc import Iterator
from typing import Any

from dispatch import families
from dispatch.deliveries import Delivery
from dispatch.families import Origin
from dispatch.intake.reading_alerts import Alert, read_alert
from dispatch.intake.service import heal, take_sighting
from dispatch.intake.told import Unreadable, items, number, text
from dispatch.kit.log import logger
from dispatch.kit.work import Work

MOST_TOLD = 20  # results that an answer names
NOTHING = "no alerts"


def hear_alerts(work: Work, delivery: Delivery) -> str:
    """Every alert that can be read is taken, and what cannot be read is told. Raises Unreadable where that is all of them."""
    readings = list(_read(delivery))
    alerts = [one for one in readings if isinstance(one, Alert)]
    unreadable = [one for one in readings if isinstance(one, Unreadable)]
    told = [one.sentence for one in unreadable[:MOST_TOLD]]
    if unreadable and not alerts:
        raise Unreadable("; ".join(told))
    if unreadable:
        logger.warning("alerts cannot be read", delivery=delivery.id, unreadable=len(unreadable))
    if alerts:
        families.hold_families(work, [alert.sighting for alert in alerts], work.now)
    results = [_hear(work, alert) for alert in alerts]
    return "; ".join([*_shortened(results), *told, *_left_out(delivery.body)]) or NOTHING


def _read(delivery: Delivery) -> Iterator[Alert | Unreadable]:
    origin, group_status = Origin(delivery.event), text(delivery.body.get("status"))
    for place, told in enumerate(items(delivery.body.get("alerts")), start=1):
        try:
            if alert := read_alert(told, origin=origin, at=delivery.received_at, group_status=group_status):
                yield alert
        except Unreadable as error:
            yield Unreadable(f"alert {place} cannot be read: {error.sentence}")


def _hear(work: Work, alert: Alert) -> str:
    """One that is over before anybody told of it was an error all the same; told late that it fires, it is over still."""
    new, ended_at = alert.sighting, alert.ended_at
    if ended_at is None or new.key is None:
        return take_sighting(work, new).answer
    if healed := heal(work, new.origin, new.key, ended_at):
        return healed
    answer = take_sighting(work, new.model_copy(update={"fires": True})).answer
    return f"{answer}, over by now" if heal(work, new.origin, new.key, ended_at) else answer


def _shortened(results: list[str]) -> list[str]:
    more = len(results) - MOST_TOLD
    return [*results[:MOST_TOLD], f"and {more} more"] if more > 0 else results


def _left_out(body: dict[str, Any]) -> list[str]:
    count = int(number(body.get("truncatedAlerts")) or 0)
    return [f"the sender left out {count} more"] if count > 0 else []
