"""The verifier: each schedule names what it wants; each duty runs by itself, so that one that fails stops no other."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from dispatch import (
    deliveries,
    deployments,
    families,
    health,
    intake,
    logs,
    notices,
    orchestrator,
    pulls,
    spawning,
    stream,
    suspects,
    verification,
)
from dispatch.kit import metrics
from dispatch.kit.log import logger, watched
from dispatch.kit.work import Work, work
from functions.verifier.resting import resting


@watched
@resting
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Does the duties of the schedule named in the event; answers what each gave."""
    return {duty.__name__: _do(duty) for duty in DUTIES.get(event.get("schedule", ""), ())}


def retry_deliveries() -> int:
    """What webhooks reported and could not be handled is tried again."""
    return deliveries.retry_due({"github": verification.hear_github, "loki": intake.hear_alerts, "sentry": intake.hear_sentry})


def tell_figures() -> None:
    """CloudWatch is told of the last minute, and that there was a sweep."""
    with work() as unit:
        now = spawning.figures(unit)
        health.note_sweep(unit)
    told = {
        "Sweeps": 1,
        "SpawnsAdmitted": now.spawns_admitted,
        "SpawnsRefused": now.spawns_refused,
        "SpawnsWaiting": now.spawns_waiting,
        "OldestWaitingSpawn": now.oldest_waiting_s,
        "RunsStarted": now.runs_started,
        "RunsFinished": now.runs_finished,
        "RunsFailed": now.runs_failed,
        "RunsUnfinished": now.runs_unfinished,
        "SettledUsd": now.settled_usd,
        "ReservedUsd": now.reserved_usd,
        "LedgerUsed": now.ledger_used,
    }
    metrics.tell(told, service="verifier")


def in_work(act: Callable[[Work], Any]) -> Callable[[], Any]:
    """The duty of doing this in a work of its own; a list is answered by its length."""

    @wraps(act)
    def duty() -> Any:
        with work() as unit:
            done = act(unit)
            return len(done) if isinstance(done, list) else done

    return duty


DUTIES: dict[str, tuple[Callable[[], Any], ...]] = {
    "sweep": (
        spawning.reap_lost_runs,
        spawning.resend_unstarted,
        spawning.reap_ended_jobs,
        spawning.note_quiet_runs,
        in_work(spawning.offer_waiting),
        in_work(orchestrator.requeue_lost_turns),
        tell_figures,
    ),
    "ping": (in_work(stream.ping_all),),
    "pulls": (retry_deliveries, spawning.begin_rounds, pulls.look_at_ci),
    "errors": (
        verification.begin_attempts,
        verification.watch,
        verification.judge,
        intake.ask_for_spawns,
        intake.ask_sentry,
        in_work(families.tell_untold),
        suspects.look_for_suspects,
        notices.deliver_due,
    ),
    "reconcile": (pulls.reconcile, deployments.look_for_missed, spawning.look_at_reviews, pulls.match_unlinked),
    "reset_budgets": (
        in_work(spawning.offer_waiting),
        in_work(stream.forget_old_frames),
        in_work(deliveries.forget_old_deliveries),
        in_work(notices.forget_old_notices),
        in_work(pulls.forget_old_checks),
        in_work(logs.forget_old_queries),
        in_work(families.forget_old_sightings),
        in_work(suspects.forget_old_changes),
    ),
}


def _do(duty: Callable[[], Any]) -> Any:
    try:
        return duty()
    except Exception:  # noqa: BLE001 - the door: the next duty is not this one's fault
        logger.exception("a duty failed", duty=duty.__name__)
        return "failed"
