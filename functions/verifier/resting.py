"""Leaving the database alone: a schedule's event does nothing while there is a rest, and begins one when it leaves nothing under way."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from dispatch.kit import metrics, rest
from dispatch.kit.log import logger
from dispatch.kit.work import close_connection, connection

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def resting(handler: Handler) -> Handler:
    """The handler, where there is no rest. Whichever of the schedules leaves last begins one: it alone is connected then."""

    @wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if until := rest.rests_until():
            if event.get("schedule") == "sweep":
                metrics.tell({"Sweeps": 1}, service="verifier")  # silent is a verifier that nobody wakes, not one with nothing to do
            return {"rests_until": until.isoformat()}
        done = handler(event, context)
        if rest.is_possible():
            _leave()
        return done

    return handle


def _leave() -> None:
    try:
        if until := rest.begin_rest(connection()):
            logger.info("resting", until=until.isoformat())
    except Exception:  # noqa: BLE001 - the next event tries again
        logger.exception("a rest could not begin")
    finally:
        close_connection()
