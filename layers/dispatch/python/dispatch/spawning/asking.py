"""Admission: the only way in for a run, whoever asks. One transaction, nothing counted twice.

Those who come to wait, or are refused, take nothing: they decide side by side. Who can be admitted decides anew, alone.
"""

from uuid import UUID

from dispatch import issues, runs
from dispatch.issues import IssueNotFound
from dispatch.kit.actors import SYSTEM, Actor
from dispatch.kit.errors import BadInput, Conflict
from dispatch.kit.ids import new_id
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.runs import State, workflow_named
from dispatch.spawning import books_store, locks, store
from dispatch.spawning.admitting import STATES, admit, decide_on, tell
from dispatch.spawning.books import read_books
from dispatch.spawning.fact_shapes import Cause, Decided, Verdict
from dispatch.spawning.offering import withdraw
from dispatch.spawning.shapes import CustomerRef, NewSpawn, Spawn

FOR_AN_ERROR = "auto-investigate"


class NotThisIssues(BadInput):
    """The run to continue is none of this issue's."""


class RunsStill(Conflict):
    """The run to continue has not ended yet. Say to it what it should do, or cancel it first."""


class NoRepository(BadInput):
    """There is no target repository. Set GITHUB_REPO to `owner/name`."""


def request(work: Work, ref: str | UUID, new: NewSpawn, *, actor: Actor, cause: Cause | None = None) -> Spawn:
    """The gates have ruled on the spawn: it is admitted (its run is queued and its money reserved), it waits, or it is refused.

    A refusal is an answer, not an error: it is kept with its reason. `cause` is what an automatic spawn rests on; a person's has none.
    Raises UnknownWorkflow, IssueNotFound, NoRepository, NotThisIssues, RunsStill.
    """
    workflow_named(new.workflow)
    issue_id = ref if isinstance(ref, UUID) else issues.get_issue_id(work, ref)  # before the lock: what others wait for is kept short
    if new.continues:
        _check_continued(work, issue_id, new.continues)
    return _write(work, new, _rule(work, issue_id, new, cause), actor=actor)


def request_for_error(work: Work, issue_id: UUID, cause: Cause) -> Spawn | None:
    """The error asks for a run on its issue, as `request` does; None where an agent is there or waits, or where it was refused so before.

    The work holds no issue yet. Raises IssueNotFound, NoRepository.
    """
    new = NewSpawn(workflow=FOR_AN_ERROR)
    if store.has_healed(work.conn, issue_id):
        cause = cause.model_copy(update={"seen_at": work.now})  # it is back: it may heal again
    decided = _rule(work, issue_id, new, cause)
    asked, ruling = decided.asked, decided.ruling
    if asked.unfinished_run or asked.waiting_spawn:
        return None
    if ruling.verdict is Verdict.REFUSED and store.was_refused(work.conn, issue_id, ruling.reason):
        return None  # an error that is seen every minute is not refused every minute
    return _write(work, new, decided, actor=SYSTEM)


def _check_continued(work: Work, issue_id: UUID, run_id: UUID) -> None:
    """What has ended stays so: nothing need be held."""
    run = runs.find_run(work, run_id)
    if run is None or run.issue_id != issue_id:
        raise NotThisIssues
    if run.state is not State.FINISHED:
        raise RunsStill


def _rule(work: Work, issue_id: UUID, new: NewSpawn, cause: Cause | None) -> Decided:
    """What the gates say. The issue is held from here on; and where they admit, nobody else takes a place until the work ends."""
    if not settings().github_repo:
        raise NoRepository
    if not locks.share_admission(work.conn, issue_id):
        raise IssueNotFound
    decided = _decide(work, issue_id, new, cause)
    if decided.ruling.verdict is Verdict.ADMITTED:
        locks.lock_places(work.conn)
        decided = _decide(work, issue_id, new, cause)
    return decided


def _decide(work: Work, issue_id: UUID, new: NewSpawn, cause: Cause | None) -> Decided:
    """What the gates say now."""
    books, asked = books_store.select_books_and_asked(
        work.conn,
        issue_id,
        workflow=new.workflow,
        family=cause.family if cause else None,
        automatic=cause is not None,
        continues=new.continues,
    )
    if asked.waiting_spawn and cause is None and store.waits_for_a_person(work.conn, issue_id):
        asked = asked.model_copy(update={"waiting_spawn": False, "takes_place": True})
    return decide_on(*read_books(work, books), asked, cause=cause, cap_usd=new.cap_usd, forced_because=new.force_because)


def _write(work: Work, new: NewSpawn, decided: Decided, *, actor: Actor) -> Spawn:
    """The spawn is kept with its decision, and told; where it is admitted, its run is queued."""
    asked, ruling = decided.asked, decided.ruling
    run = admit(work, decided, new.words, continues=new.continues, actor=actor) if ruling.verdict is Verdict.ADMITTED else None
    if asked.takes_place and ruling.verdict is not Verdict.REFUSED:
        withdraw(work, asked.issue_id, actor=actor)
    spawn_id = new_id()
    store.insert_spawn(work.conn, spawn_id, new, decided, state=STATES[ruling.verdict], run_id=run.id if run else None, asked_by=actor)
    spawn = Spawn(  # its moment is not work.now: places in the queue go by who came through admission first
        id=spawn_id,
        issue_id=asked.issue_id,
        identifier=asked.issue,
        priority=asked.priority,
        customer=CustomerRef(name=asked.customer_name or "", slug=asked.customer) if asked.customer else None,
        workflow=new.workflow,
        automatic=decided.facts.cause is not None,
        forced_because=new.force_because,
        state=STATES[ruling.verdict],
        run_id=run.id if run else None,
        place=asked.place if ruling.verdict is Verdict.WAITS else None,
        reason=ruling.reason,
        would_turn=ruling.would_turn,
        gate=ruling.gate,
        continues=new.continues,
        created_at=decided.at,
    )
    tell(work, spawn, ruling, actor=actor)
    return spawn
