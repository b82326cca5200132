"""The queue: waiting spawns are put to the gates again, in its order, or withdrawn."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dispatch import activity
from dispatch.kit.actors import SYSTEM, Actor
from dispatch.kit.errors import NotFound
from dispatch.kit.events import Event
from dispatch.kit.settings import Limits
from dispatch.kit.work import Work
from dispatch.spawning import books_store, locks, store
from dispatch.spawning.admitting import STATES, Decided, admit, decide_on, keep, lock_admission, tell
from dispatch.spawning.books import open_books
from dispatch.spawning.fact_shapes import Asked, Books, Held, Ruling, SpentToday, Verdict, WaitingSpawn
from dispatch.spawning.shapes import Spawn
from dispatch.spawning.telling import publish_fleet

PAGE = 500  # waiting spawns looked at together


class NothingWaits(NotFound):
    """Nothing waits for an agent here: it has started, or was withdrawn."""


def offer_waiting(work: Work) -> list[Spawn]:
    """Waiting spawns are put to the gates again, in the order of the queue; returns those that wait no more.

    What one of them waits for is held for it: nobody behind it takes what comes free.
    """
    lock_admission(work)
    offer = _Offer(work, *open_books(work))
    return [spawn for one in _waiting(work, offer.books.at) if (spawn := offer.put(one))]


def rule_on(work: Work, books: Books, version: int, limits: Limits, waiting: list[UUID]) -> dict[UUID, Ruling]:
    """What the gates would say to these waiting spawns now, given in the order of the queue. Nothing is changed by it."""
    held: set[str] = set()
    rulings: dict[UUID, Ruling] = {}
    for one in books_store.select_waiting(work.conn, waiting):
        rulings[one.id] = ruling = _decide(one, books, version, limits, held).ruling
        if ruling.waits_for:
            held.add(ruling.waits_for)
    return rulings


def force(work: Work, issue_id: UUID, because: str, *, actor: Actor) -> Spawn:
    """The issue's waiting spawn passes the gates that only pace the work; where another holds it, it waits on. Raises NothingWaits."""
    lock_admission(work)
    spawn_id = store.set_forced(work.conn, issue_id, because)
    if spawn_id is None:
        raise NothingWaits
    activity.add_activity(work, issue_id, Event.SPAWN_FORCED, actor=actor, data={"because": because})
    turned = offer_waiting(work)  # all of them, in their order: what somebody ahead waits for is theirs
    return next((spawn for spawn in turned if spawn.id == spawn_id), None) or store.select_spawn(work.conn, spawn_id)


def withdraw(work: Work, issue_id: UUID, *, actor: Actor, because: str | None = None, not_spent_usd: Decimal | None = None) -> bool:
    """The issue's waiting spawn waits no more; False where there was none. `not_spent_usd` is what its run would likely have cost."""
    if not store.withdraw_waiting(work.conn, issue_id, because=because, not_spent_usd=not_spent_usd, at=work.now):
        return False
    told = {"reason": because, "not_spent_usd": float(not_spent_usd) if not_spent_usd else None} if because else None
    activity.add_activity(work, issue_id, Event.SPAWN_WITHDRAWN, actor=actor, data=told)
    publish_fleet(work)
    return True


def _decide(one: WaitingSpawn, books: Books, version: int, limits: Limits, held: set[str]) -> Decided:
    return decide_on(books, version, limits, one.asked, cause=one.cause, cap_usd=one.cap_usd, forced_because=one.forced_because, held=held)


def _waiting(work: Work, at: datetime) -> Iterator[WaitingSpawn]:
    queue = books_store.select_queue(work.conn, at=at)
    for start in range(0, len(queue), PAGE):
        yield from books_store.select_waiting(work.conn, queue[start : start + PAGE])


@dataclass
class _Offer:
    """One walk along the queue, with the books as it changes them."""

    work: Work
    books: Books
    version: int
    limits: Limits
    held: set[str] = field(default_factory=set[str])

    def put(self, one: WaitingSpawn) -> Spawn | None:
        """The spawn is put to the gates; returns it where it waits no more."""
        decided = self._decide(one)
        if decided.ruling.verdict is not Verdict.WAITS:
            if (asked := self._hold(one)) is None:
                return None  # its issue was deleted just now, and the spawn with it
            if asked != one.asked:
                one.asked = asked
                decided = self._decide(one)
        if decided.ruling.verdict is Verdict.WAITS:
            self._leave(one, decided)
            return None
        return self._turn(one, decided)

    def _decide(self, one: WaitingSpawn) -> Decided:
        return _decide(one, self.books, self.version, self.limits, self.held)

    def _hold(self, one: WaitingSpawn) -> Asked | None:
        """The issue is held, and what the gates ask about it is read again; None where it is gone."""
        locks.lock_issue(self.work.conn, one.asked.issue_id)
        return books_store.select_asked(self.work.conn, one)

    def _leave(self, one: WaitingSpawn, decided: Decided) -> None:
        """The spawn waits on; why is told where it is for something else now."""
        waits_for = decided.ruling.waits_for
        if waits_for:
            self.held.add(waits_for)
        if (decided.ruling.gate, waits_for) != (one.gate, one.waits_for) and store.set_waits_for(self.work.conn, one.id, waits_for):
            keep(self.work, one.id, decided)
            publish_fleet(self.work)

    def _turn(self, one: WaitingSpawn, decided: Decided) -> Spawn:
        """The spawn is admitted, and the books know of its run, for those behind it; or it is refused."""
        verdict = decided.ruling.verdict
        run = admit(self.work, decided, one.words, continues=one.continues, actor=one.asked_by) if verdict is Verdict.ADMITTED else None
        if run:
            asked = decided.asked
            held = Held(workflow=run.workflow, customer_id=asked.customer_id, family=asked.family, reserve_usd=run.cap_usd)
            self.books.unfinished.append(held)
            today = SpentToday(workflow=run.workflow, customer_id=asked.customer_id, spawns=1, settled_usd=Decimal())
            self.books.today.append(today)
        run_id, family = run.id if run else None, decided.asked.family
        store.set_spawn(self.work.conn, one.id, state=STATES[verdict], run_id=run_id, family=family, at=self.books.at)
        keep(self.work, one.id, decided)
        spawn = store.select_spawn(self.work.conn, one.id)
        tell(self.work, spawn, decided.ruling, actor=SYSTEM)
        return spawn
