"""Starting a run at its runtime, and ending it there. No transaction is open while the runtime is asked."""

from uuid import UUID

from dispatch import runs
from dispatch.clients import github
from dispatch.kit import queue
from dispatch.kit.log import logger
from dispatch.kit.work import work
from dispatch.runs import State
from dispatch.spawning import runtime
from dispatch.spawning.ending import refuse_start
from dispatch.spawning.telling import publish_fleet


def start_run(run_id: UUID, generation: int) -> None:
    """The run's job is starting. Called again it does nothing, or starts a second job, which finds its claim refused and stops.

    Raises github.NoAnswer where the runtime does not answer: the queue brings the message again.
    """
    with work() as unit:
        run = runs.mark_starting(unit, run_id, generation)
        publish_fleet(unit)
    if run is None:
        logger.info("run needs no start", run=str(run_id), generation=generation)
        return
    try:
        started = runtime.start(run)
    except github.Refused as refusal:
        with work() as unit:
            refuse_start(unit, run_id, refusal.sentence)
        return
    with work() as unit:
        runs.note_external(unit, run_id, external_id=started.id if started else "", external_url=started.url if started else None)
        over = runs.get_run(unit, run_id).state is State.FINISHED
    if over:  # it was cancelled while the runtime was asked
        stop_at_runtime(run_id, generation)


def stop_at_runtime(run_id: UUID, generation: int) -> None:
    """The finished run's job is ended where it runs; its claim is void already. Raises github.NoAnswer: the message comes again."""
    with work() as unit:
        run = runs.get_run(unit, run_id)
    if run.generation == generation and run.state is State.FINISHED:
        runtime.cancel(run)


def note_quiet_runs() -> int:
    """Finished runs whose runner never said that its agent is gone are known to be quiet once their runtime says so; returns how many."""
    with work() as unit:
        loud = runs.find_not_quiet(unit)
    return sum(_note_quiet(run_id) for run_id in loud)


def resend_unstarted() -> int:
    """Runs whose wake-up seems lost are sent to the spawner again; returns how many."""
    with work() as unit:
        waiting = runs.find_unstarted(unit)
    for run_id, generation in waiting:
        queue.wake_spawner({"run_id": str(run_id), "generation": generation})
    return len(waiting)


def _note_quiet(run_id: UUID) -> bool:
    with work() as unit:
        run = runs.get_run(unit, run_id)
    if not runtime.has_ended(run):
        return False
    with work() as unit:
        runs.note_quiet(unit, run_id)
        publish_fleet(unit)
    return True
