"""Admission: the only way in for a run, whoever asks. One transaction, one at a time, nothing counted twice."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dispatch import activity, issues, runs, stream
from dispatch.issues import IssueNotFound
from dispatch.kit import clock, queue
from dispatch.kit.actors import SYSTEM, Actor
from dispatch.kit.errors import BadInput
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.runs import NewRun, Run, workflow_named
from dispatch.spawning import books_store, ledger, store
from dispatch.spawning.books import open_books
from dispatch.spawning.facts import facts_of
from dispatch.spawning.gates import decide
from dispatch.spawning.shapes import (
    Asked,
    Books,
    Cause,
    Facts,
    Held,
    NewSpawn,
    Ruling,
    Spawn,
    SpawnState,
    SpentToday,
    Verdict,
    WaitingSpawn,
)
from dispatch.spawning.telling import publish_fleet

STATES = {Verdict.ADMITTED: SpawnState.ADMITTED, Verdict.WAITS: SpawnState.WAITING, Verdict.REFUSED: SpawnState.REFUSED}
TOLD = {Verdict.ADMITTED: Event.SPAWN_ADMITTED, Verdict.WAITS: Event.SPAWN_WAITING, Verdict.REFUSED: Event.SPAWN_REFUSED}
PAGE = 500  # waiting spawns looked at together


class NoRepository(BadInput):
    """There is no target repository. Set GITHUB_REPO to `owner/name`."""


def lock_admission(work: Work) -> None:
    """This work admits alone. Whoever will ask for a spawn and holds an issue takes this first, so that nobody waits in a circle."""
    books_store.lock_admission(work.conn)


def request(work: Work, ref: str | UUID, new: NewSpawn, *, actor: Actor, cause: Cause | None = None) -> Spawn:
    """The gates have ruled on the spawn: it is admitted (its run is queued and its money reserved), it waits, or it is refused.

    A refusal is an answer, not an error: it is kept with its reason. `cause` is what an automatic spawn rests on; a person's has none.
    Raises UnknownWorkflow, IssueNotFound, NoRepository.
    """
    workflow_named(new.workflow)
    if not settings().github_repo:
        raise NoRepository
    issue_id = issues.get_issue_id(work, ref)  # before the lock: what all others wait for is kept short
    asked, at = _ask(work, issue_id, new, cause)
    books, version, limits = open_books(work, at)
    facts = facts_of(books, asked, repository=settings().github_repo, cause=cause, cap_usd=new.cap_usd, forced_because=new.force_because)
    ruling = decide(facts, limits, at)
    run = _admit(work, asked, new.words, ruling, actor=actor, at=at) if ruling.verdict is Verdict.ADMITTED else None
    spawn_id = new_id()
    with work.conn.pipeline():
        store.insert_spawn(
            work.conn,
            spawn_id,
            issue_id,
            new,
            asked_by=actor,
            cause=cause,
            state=STATES[ruling.verdict],
            waits_for=ruling.waits_for,
            run_id=run.id if run else None,
            at=at,  # not work.now: places in the queue go by who came through admission first
        )
        _keep(work, spawn_id, ruling, facts, version, at)
        return _tell(work, spawn_id, asked, ruling, actor=actor)


def offer_waiting(work: Work) -> list[Spawn]:
    """Waiting spawns are put to the gates again, in the order of the queue; returns those that wait no more.

    What one of them waits for is held for it: nobody behind it takes what comes free.
    """
    lock_admission(work)
    at = clock.now()
    books, version, limits = open_books(work, at)
    held: set[str] = set()
    turned: list[Spawn] = []
    place = 0
    while waiting := books_store.select_waiting(work.conn, at=at, after=place, limit=PAGE):
        place = waiting[-1].place
        for one in waiting:
            facts = _facts_again(books, one, held)
            ruling = decide(facts, limits, at)
            if ruling.verdict is Verdict.ADMITTED and _hold(work, one):
                facts = _facts_again(books, one, held)
                ruling = decide(facts, limits, at)
            if ruling.verdict is not Verdict.WAITS:
                turned.append(_turn(work, one, facts, ruling, version, at))
            if ruling.verdict is Verdict.ADMITTED:
                _enter(books, one.asked, ruling)
            elif ruling.waits_for:
                held.add(ruling.waits_for)
            if ruling.verdict is Verdict.WAITS and ruling.waits_for != one.waits_for:
                store.set_waits_for(work.conn, one.id, ruling.waits_for)
                _keep(work, one.id, ruling, facts, version, at)
                publish_fleet(work)
        if len(waiting) < PAGE:
            break
    return turned


def withdraw(work: Work, issue_id: UUID, *, actor: Actor) -> bool:
    """The issue's waiting spawn waits no more; False where there was none."""
    if not store.withdraw_waiting(work.conn, issue_id, at=work.now):
        return False
    activity.add_activity(work, issue_id, Event.SPAWN_WITHDRAWN, actor=actor)
    publish_fleet(work)
    return True


def _ask(work: Work, issue_id: UUID, new: NewSpawn, cause: Cause | None) -> tuple[Asked, datetime]:
    """Alone in admission and with the issue held: what the gates ask about it, and the moment at which they do."""
    with work.conn.pipeline():
        lock_admission(work)
        books_store.lock_issue(work.conn, issue_id)
        asked = books_store.select_about(
            work.conn, issue_id, workflow=new.workflow, family=cause.family if cause else None, automatic=cause is not None
        )
    if asked is None:
        raise IssueNotFound
    return asked, clock.now()  # not work.now: the lock may have been waited for past midnight


def _facts_again(books: Books, one: WaitingSpawn, held: set[str]) -> Facts:
    return facts_of(
        books,
        one.asked,
        repository=settings().github_repo,
        cause=one.cause,
        cap_usd=one.cap_usd,
        forced_because=one.forced_because,
        held=held,
    )


def _hold(work: Work, one: WaitingSpawn) -> bool:
    """The issue is held, and what the gates ask about it is read again; False where nothing about it has changed meanwhile."""
    before = one.asked
    books_store.lock_issue(work.conn, before.issue_id)
    one.asked = books_store.select_about(
        work.conn, before.issue_id, spawn_id=one.id, workflow=one.workflow, family=before.family, automatic=before.automatic
    ) or before.model_copy(update={"issue_open": False})
    return one.asked != before


def _turn(work: Work, one: WaitingSpawn, facts: Facts, ruling: Ruling, version: int, at: datetime) -> Spawn:
    """The waiting spawn is admitted or refused."""
    admitted = ruling.verdict is Verdict.ADMITTED
    run = _admit(work, one.asked, one.words, ruling, actor=one.asked_by, at=at) if admitted else None
    store.set_spawn(work.conn, one.id, state=STATES[ruling.verdict], run_id=run.id if run else None, at=at)
    _keep(work, one.id, ruling, facts, version, at)
    return _tell(work, one.id, one.asked, ruling, actor=SYSTEM)


def _enter(books: Books, asked: Asked, ruling: Ruling) -> None:
    """The books know of the run that was just admitted, for those behind it."""
    held = Held(workflow=asked.workflow, customer_id=asked.customer_id, family=asked.family, reserve_usd=ruling.reserve_usd)
    books.unfinished.append(held)
    books.today.append(SpentToday(workflow=asked.workflow, customer_id=asked.customer_id, spawns=1, settled_usd=Decimal()))


def _admit(work: Work, asked: Asked, words: str, ruling: Ruling, *, actor: Actor, at: datetime) -> Run:
    """The run is queued, its money is set aside, and the spawner is told after the commit."""
    wanted = NewRun(
        issue_id=asked.issue_id,
        workflow=asked.workflow,
        repository=settings().github_repo,
        words=words,
        plan_id=asked.plan_id,
        cap_usd=ruling.reserve_usd,
    )
    run = runs.create_run(work, issues.get_issue(work, asked.issue_id, lock=True), wanted, actor=actor)
    ledger.reserve(work.conn, run, customer_id=asked.customer_id, at=at)
    work.after_commit(lambda: queue.wake_spawner({"run_id": str(run.id), "generation": run.generation}))
    return run


def _keep(work: Work, spawn_id: UUID, ruling: Ruling, facts: Facts, version: int, at: datetime) -> None:
    store.insert_decision(work.conn, spawn_id, ruling, facts, policy_version=version, at=at)


def _tell(work: Work, spawn_id: UUID, asked: Asked, ruling: Ruling, *, actor: Actor) -> Spawn:
    """The story says what the gates said, and whoever watches the fleet sees it."""
    spawn = store.select_spawn(work.conn, spawn_id, at=work.now)
    activity.add_activity(
        work,
        asked.issue_id,
        TOLD[ruling.verdict],
        actor=actor,
        run_id=spawn.run_id,
        data={"workflow": asked.workflow, "reason": ruling.reason, "would_turn": ruling.would_turn, "place": spawn.place},
    )
    stream.publish_latest(work, f"issue:{asked.issue_id}", "spawn.changed", lambda: spawn, key=str(spawn_id))
    publish_fleet(work)
    return spawn
