"""Starting an admitted run at its runtime. No transaction is open while the runtime is asked."""

from uuid import UUID

from dispatch import runs
from dispatch.clients import github
from dispatch.kit import queue
from dispatch.kit.log import logger
from dispatch.kit.work import work
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
        runs.note_external(unit, run_id, external_id=str(started.id), external_url=started.url)


def resend_unstarted() -> int:
    """Runs whose wake-up seems lost are sent to the spawner again; returns how many."""
    with work() as unit:
        waiting = runs.find_unstarted(unit)
    for run_id, generation in waiting:
        queue.wake_spawner({"run_id": str(run_id), "generation": generation})
    return len(waiting)
