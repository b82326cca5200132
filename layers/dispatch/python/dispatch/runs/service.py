"""A run's row from its making on, and reading runs. Jobs, claims, events and endings have files of their own."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from dispatch import activity, issues, stream
from dispatch.issues import Issue
from dispatch.kit.actors import Actor
from dispatch.kit.errors import StaleClaim
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work
from dispatch.runs import store
from dispatch.runs.shapes import NewRun, Run, RunNotFound, RunSummary, State
from dispatch.runs.workflows import workflow_named

SILENCE = timedelta(minutes=3)  # a heartbeat comes every 15 s: twelve in a row are missing
SWEEP_GAP = timedelta(minutes=2)  # the sweep comes every minute
CLAIM_TIME = timedelta(minutes=20)  # a job that has not begun by then never will


def create_run(work: Work, issue: Issue, new: NewRun, *, actor: Actor) -> Run:
    """The run is queued and the issue stands in the column its workflow works in."""
    run_id = new_id()
    store.insert_run(work.conn, run_id, new, came_from=issue.status.id, at=work.now)
    workflow = workflow_named(new.workflow)
    if workflow.moves_to and issue.status.name in workflow.moves_from:
        issues.move_issue(work, issue.id, workflow.moves_to, actor=actor)
    run = get_run(work, run_id)
    announce(work, run)
    return run


def find_run(work: Work, run_id: UUID) -> Run | None:
    """The run whole; None where there is no such run."""
    return store.select_run(work.conn, run_id)


def get_run(work: Work, run_id: UUID, *, lock: bool = False) -> Run:
    """The run whole; `lock` holds its row until the work ends. Raises RunNotFound."""
    if lock:
        store.lock_run(work.conn, run_id)
    run = find_run(work, run_id)
    if run is None:
        raise RunNotFound
    return run


def hold_claim(work: Work, run_id: UUID, generation: int) -> Run:
    """The run, held, if the claim of this generation still stands. Raises StaleClaim."""
    run = get_run(work, run_id, lock=True)
    if run.generation != generation or run.state is not State.RUNNING:
        raise StaleClaim
    return run


def note_stopped(work: Work, run_id: UUID, switch_id: UUID) -> None:
    """The run was ended by that kill switch."""
    store.set_stopped(work.conn, run_id, switch_id)


def note_quiet(work: Work, run_id: UUID) -> bool:
    """No agent acts for the finished run any more; said again, it changes nothing (False)."""
    return store.set_quiet(work.conn, run_id, at=work.now)


def find_not_quiet(work: Work) -> list[UUID]:
    """Runs that ended within a day and may have an agent still, the latest first, at most 30."""
    return store.select_not_quiet(work.conn, since=work.now - timedelta(days=1))


def note_cost(work: Work, run_id: UUID, cost_usd: Decimal) -> None:
    """The finished run is known to have cost at least this much, and whoever looks at it sees it."""
    store.set_cost(work.conn, run_id, cost_usd)
    announce(work, get_run(work, run_id))


def note_sweep(work: Work) -> None:
    """Somebody looks for lost runs now. A run's silence counts only while somebody did so all along: before, nobody could hear it."""
    store.note_sweep(work.conn, longest_gap=SWEEP_GAP, at=work.now)


def find_lost(work: Work) -> list[UUID]:
    """Runs that ended without a word, oldest first, at most 100: silent for 3 minutes, or unclaimed 20 minutes after their start."""
    return store.select_lost(work.conn, silent_since=work.now - SILENCE, unclaimed_since=work.now - CLAIM_TIME)


def outcomes_since(work: Work, since: datetime) -> dict[str, int]:
    """How many runs ended how, since then."""
    return store.count_outcomes(work.conn, since)


def summarise(run: Run) -> RunSummary:
    """The part of a run that lists and frames show."""
    return RunSummary.model_validate(run.model_dump(include=set(RunSummary.model_fields)))


def announce(work: Work, run: Run) -> None:
    """Whoever watches the run, its issue or the board sees the state it is in now."""
    for topic in (f"run:{run.id}", f"issue:{run.issue_id}"):
        stream.publish(work, topic, Event.RUN_STATE, summarise(run))
    issues.publish_card(work, run.issue_id)


def tell(work: Work, run: Run, kind: Event, *, actor: Actor, public: bool = False, **data: object) -> None:
    """The issue's story has an entry about this run."""
    activity.add_activity(work, run.issue_id, kind, actor=actor, run_id=run.id, data={"workflow": run.workflow, **data}, public=public)
