"""A run's job at its runtime: when it is asked for, what it is called there, and whether one that calls is it."""

from datetime import datetime, timedelta
from uuid import UUID

from dispatch.clients import github_actions
from dispatch.kit.errors import NotAllowed
from dispatch.kit.work import Work
from dispatch.people import Job
from dispatch.runs import job_store
from dispatch.runs.events import publish_line
from dispatch.runs.service import announce, get_run
from dispatch.runs.shapes import Run

START_TIME = timedelta(seconds=60)  # the spawner, or its message, is lost if nothing has happened by then
UNHEARD = timedelta(seconds=45)  # a claim comes seconds after a job begins, a heartbeat every 15 s
PUBLISH_TIME = timedelta(minutes=2)  # a job publishes at once, or says why not
DISPATCHED = "workflow_dispatch"


class NotYourJob(NotAllowed):
    """This run is not this job's."""


class AnotherJob(NotYourJob):
    """This run was started as another job. Stop."""


def mark_starting(work: Work, run_id: UUID, generation: int) -> Run | None:
    """The run is being started now; None where that is not this caller's to do.

    It was started, cancelled or put off, it has another generation, or somebody else began to start it within a minute.
    """
    if not job_store.set_starting(work.conn, run_id, generation, at=work.now, again_at=work.now + START_TIME):
        return None
    run = get_run(work, run_id)
    announce(work, run)
    return run


def put_off(work: Work, run_id: UUID, *, until: datetime, because: str, was_started: bool) -> None:
    """The run is asked to start again at that time, and people see why. `was_started`: perhaps it did; nobody knows."""
    if job_store.set_put_off(work.conn, run_id, until=until, was_started=was_started, line=because):
        run = get_run(work, run_id)
        publish_line(work, run, because)
        announce(work, run)


def note_ref(work: Work, run_id: UUID, ref: str) -> None:
    """The run's job is started on this branch: on no other is it the run's."""
    job_store.set_ref(work.conn, run_id, _branch(ref))


def note_external(work: Work, run_id: UUID, *, external_id: str, external_url: str | None) -> None:
    """The run has a job, with the runtime's own name for it, empty where the runtime told none. A name that is known stays."""
    job_store.set_external(work.conn, run_id, external_id=external_id, external_url=external_url)


def hold_to_job(work: Work, run_id: UUID, job: Job) -> None:
    """The caller is the job the run was started as; where nobody knows which that was, the first that fits is.

    Raises NotYourJob, RunNotFound.
    """
    run = get_run(work, run_id, lock=True)
    if misfit := _misfit(run, job_store.select_ref(work.conn, run_id), job):
        raise NotYourJob(f"This run is not this job's: {misfit}.")
    note_external(work, run_id, external_id=job.run_id, external_url=github_actions.job_page(run.repository, job.run_id))
    if get_run(work, run_id).external_id != job.run_id:
        raise AnotherJob


def find_run_of_job(work: Work, repository: str, job_id: str) -> UUID | None:
    """The run whose job this is; None where it is nobody's."""
    return job_store.select_run_of(work.conn, repository, job_id)


def find_unstarted(work: Work) -> list[tuple[UUID, int]]:
    """Runs (id, generation) whose wake-up seems lost, or that are to be asked for again, oldest first, at most 100."""
    return job_store.select_unstarted(work.conn, before=work.now - START_TIME, at=work.now)


def find_unheard(work: Work) -> list[UUID]:
    """Runs whose job neither claims, nor beats, nor publishes their patch: it may have ended. The longest first, at most 30."""
    return job_store.select_unheard(
        work.conn,
        started_by=work.now - START_TIME,
        beat_by=work.now - UNHEARD,
        ended_by=work.now - PUBLISH_TIME,
        ended_since=work.now - timedelta(days=1),
    )


def _misfit(run: Run, ref: str | None, job: Job) -> str | None:
    """In what the job is not the one that was asked for; None where it is. GitHub tells names of repositories in any case."""
    if ref is None:
        return "it was not started on GitHub Actions"
    if job.repository.lower() != run.repository.lower():
        return f"it belongs to {run.repository}, and the job to {job.repository}"
    if job.event_name != DISPATCHED:
        return f"it is started by {DISPATCHED}, and the job was by {job.event_name}"
    if job.ref != ref:
        return f"it was started on {ref}, and the job on {job.ref}"
    if job.workflow_ref != f"{job.repository}/.github/workflows/{run.workflow}.yml@{job.ref}":
        return f"its workflow is {run.workflow}.yml, and the job's {job.workflow_ref}"
    return None


def _branch(ref: str) -> str:
    return ref if ref.startswith("refs/") else f"refs/heads/{ref}"
