"""Starting a run at its runtime, and ending it there. No transaction is open while the runtime is asked."""

from datetime import datetime, timedelta
from uuid import UUID

from dispatch import runs
from dispatch.clients import github
from dispatch.clients.github_actions import Job
from dispatch.kit import clock, queue
from dispatch.kit.log import about, logger
from dispatch.kit.work import work
from dispatch.runs import Run, State
from dispatch.spawning import runtime
from dispatch.spawning.ending import end_with_job, refuse_start
from dispatch.spawning.telling import publish_fleet

ASK_AGAIN = timedelta(minutes=1)  # a runtime that does not answer


def start_run(run_id: UUID, generation: int) -> None:
    """The run's job is starting; or the run has failed, for the runtime's reason; or it says when it is asked for again, and why.

    Called again it does nothing, or starts a second job, which finds its claim refused and stops.
    """
    with work() as unit:
        run = runs.mark_starting(unit, run_id, generation)
        is_first_try = run is not None and run.starting_at == unit.now
        publish_fleet(unit)
    if run is None:
        logger.info("run needs no start", run=str(run_id), generation=generation)
        return
    about(issue=run.identifier)
    try:
        job = _start(run) if is_first_try else runtime.find_job(run) or _start(run)
    except github.Refused as refusal:
        with work() as unit:
            refuse_start(unit, run_id, refusal.sentence)
    except github.Limited as limit:
        _put_off(run, until=limit.again_at, because=f"{limit.sentence} The run starts then.", was_started=False)
    except github.NoAnswer as silence:
        _put_off(run, until=clock.now() + ASK_AGAIN, because=f"{silence.sentence} It is asked again soon.", was_started=True)
    else:
        _note_job(run, job)


def stop_at_runtime(run_id: UUID, generation: int) -> None:
    """The finished run's job is ended where it runs; its claim is void already. Raises github.NoAnswer: the message comes again."""
    with work() as unit:
        run = runs.get_run(unit, run_id)
    if run.generation != generation or run.state is not State.FINISHED:
        return
    try:
        runtime.cancel(run)
    except github.Refused as refusal:  # it would refuse again
        logger.warning("a job could not be ended", run=str(run_id), reason=refusal.sentence)


def reap_ended_jobs() -> int:
    """Runs that say nothing and whose job has ended at its runtime have ended with it; returns how many. Raises github.NoAnswer.

    Of those that had ended before, people learn that their patch was not published.
    """
    with work() as unit:
        unheard = runs.find_unheard(unit)
    return sum(_reap_if_ended(run_id) for run_id in unheard)


def note_quiet_runs() -> int:
    """Finished runs whose runner never said that its agent is gone are known to be quiet once their runtime says so; returns how many."""
    with work() as unit:
        loud = runs.find_not_quiet(unit)
    return sum(_note_quiet(run_id) for run_id in loud)


def resend_unstarted() -> int:
    """Runs whose wake-up seems lost, or that were put off until now, are sent to the spawner again; returns how many."""
    with work() as unit:
        waiting = runs.find_unstarted(unit)
    for run_id, generation in waiting:
        queue.wake_spawner({"run_id": str(run_id), "generation": generation})
    return len(waiting)


def _start(run: Run) -> Job | None:
    """The branch is noted before anybody can start on it: a job on another is not the run's."""
    ref = runtime.choose_ref(run)
    with work() as unit:
        runs.note_ref(unit, run.id, ref)
    return runtime.start(run, ref)


def _put_off(run: Run, *, until: datetime, because: str, was_started: bool) -> None:
    logger.warning("run put off", run=str(run.id), until=until.isoformat(), reason=because)
    with work() as unit:
        runs.put_off(unit, run.id, until=until, because=because, was_started=was_started)
        publish_fleet(unit)


def _note_job(run: Run, job: Job | None) -> None:
    with work() as unit:
        runs.note_external(unit, run.id, external_id=job.id if job else "", external_url=job.url if job else None)
        over = runs.get_run(unit, run.id).state is State.FINISHED
    if over:  # it was cancelled while the runtime was asked
        stop_at_runtime(run.id, run.generation)


def _reap_if_ended(run_id: UUID) -> bool:
    """A job that cannot be asked about is left to its silence."""
    with work() as unit:
        run = runs.get_run(unit, run_id)
    try:
        job = runtime.find_job(run)
    except github.Refused as refusal:
        logger.warning("a job could not be asked about", run=str(run_id), reason=refusal.sentence)
        return False
    if job is None:
        return False
    with work() as unit:
        runs.note_external(unit, run_id, external_id=job.id, external_url=job.url)
        return job.conclusion is not None and end_with_job(unit, run_id, job.conclusion)


def _note_quiet(run_id: UUID) -> bool:
    with work() as unit:
        run = runs.get_run(unit, run_id)
    if not runtime.has_ended(run):
        return False
    with work() as unit:
        runs.note_quiet(unit, run_id)
        publish_fleet(unit)
    return True
