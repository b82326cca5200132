"""Asking Sentry for what its webhooks leave out: the stack, the release, whom it hit. By schedule, outside any open work."""

from datetime import datetime, timedelta
from typing import Any

from dispatch.clients import sentry
from dispatch.families import NewSighting
from dispatch.intake import sentry_store
from dispatch.intake.counting_sentry import Known
from dispatch.intake.reading_sentry import Told, details, read_issue
from dispatch.intake.sentry import first_words
from dispatch.intake.service import take_sighting
from dispatch.intake.told import Unreadable, fields
from dispatch.kit.log import logger
from dispatch.kit.work import work as open_work

AT_ONCE = 5
TRIES = 6
PAUSES = (1, 2, 5, 15, 40)  # minutes between them


def ask_sentry() -> int:
    """What Sentry knows of its newest issues is known here too; returns of how many.

    Opens works of its own. Ends at the first that Sentry does not answer: the others wait for the next time.
    """
    if not sentry.is_configured():
        return 0
    with open_work() as unit:
        due = sentry_store.select_due(unit.conn, at=unit.now, limit=AT_ONCE)
    asked = 0
    for known in due:
        try:
            _take(known, sentry.get_issue(known.id), sentry.get_latest_event(known.id))
        except sentry.NoAnswer as error:
            _put_off(known, error)
            break
        except (sentry.Refused, Unreadable) as error:
            logger.warning("Sentry's details cannot be had", issue=known.id, reason=error.sentence)
            _give_up(known)
        else:
            asked += 1
    return asked


def _take(asked: Known, issue: Any, event: Any) -> None:
    """The newest sighting has the details, and counts what Sentry has counted meanwhile."""
    with open_work() as unit:
        known = sentry_store.hold(unit.conn, asked.id, delivery=asked.delivery)
        words = first_words(unit, known)
        count = sentry_store.find_count(unit.conn, known.key)
        told = read_issue(issue, at=unit.now)
        if words and count:
            more = max(0, (told.total or 0) - known.counted)
            take_sighting(unit, _whole(words, told, fields(event), key=known.key, count=count + more))
            known = known.model_copy(update={"counted": known.counted + more, "counted_until": told.sighting.last_seen})
        sentry_store.set_known(unit.conn, known, ask_at=None)


def _whole(words: Told, told: Told, event: dict[str, Any], *, key: str, count: int) -> NewSighting:
    known, found = words.sighting, details(event)
    now = {
        "key": key,
        "count": count,
        "first_seen": told.sighting.first_seen,
        "last_seen": told.sighting.last_seen,
        "links": told.sighting.links or known.links,
        "values": told.sighting.values,
        "labels": known.labels | told.sighting.labels | found.pop("labels"),
    }
    return NewSighting.model_validate(known.model_dump() | {name: value for name, value in found.items() if value} | now)


def _put_off(known: Known, error: sentry.NoAnswer) -> None:
    """It is tried again later, or when Sentry's limit opens; one that never works is left alone."""
    tries = known.tries + 1
    with open_work() as unit:
        again = error.again_at if isinstance(error, sentry.Limited) else _pause_from(unit.now, tries)
        sentry_store.set_ask_at(unit.conn, known.id, again, tries=known.tries if isinstance(error, sentry.Limited) else tries)


def _pause_from(now: datetime, tries: int) -> datetime | None:
    return now + timedelta(minutes=PAUSES[tries - 1]) if tries < TRIES else None


def _give_up(known: Known) -> None:
    with open_work() as unit:
        sentry_store.set_ask_at(unit.conn, known.id, None, tries=known.tries)
