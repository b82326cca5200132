"""The verifier: each schedule names what it wants; each duty runs by itself, so that one that fails stops no other."""

from collections.abc import Callable
from typing import Any

from dispatch import orchestrator, spawning, stream
from dispatch.kit.log import logger
from dispatch.kit.work import work


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Does the duties of the schedule named in the event; answers what each gave."""
    return {duty.__name__: _do(duty) for duty in DUTIES.get(event.get("schedule", ""), ())}


def offer_waiting() -> int:
    """Waiting spawns are put to the gates again."""
    with work() as unit:
        return len(spawning.offer_waiting(unit))


def resend_turns() -> int:
    """Turns that nobody works on are sent to the queue again."""
    with work() as unit:
        return orchestrator.requeue_lost_turns(unit)


def ping_watchers() -> None:
    """Every socket learns the newest seq of what it watches."""
    with work() as unit:
        stream.ping_all(unit)


def forget_old_frames() -> int:
    """Frames older than a week are gone, a run's excepted."""
    with work() as unit:
        return stream.forget_old_frames(unit)


DUTIES: dict[str, tuple[Callable[[], Any], ...]] = {
    "sweep": (spawning.reap_lost_runs, spawning.resend_unstarted, spawning.note_quiet_runs, offer_waiting, resend_turns),
    "ping": (ping_watchers,),
    "reset_budgets": (offer_waiting, forget_old_frames),
}


def _do(duty: Callable[[], Any]) -> Any:
    try:
        return duty()
    except Exception:  # noqa: BLE001 - the door: the next duty is not this one's fault
        logger.exception("a duty failed", duty=duty.__name__)
        return "failed"
