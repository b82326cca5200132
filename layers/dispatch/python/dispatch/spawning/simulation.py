"""A period's requests under given limits, event by event. Pure and repeatable: the same past and limits always give the same."""

from collections import defaultdict, deque
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum
from heapq import heappop, heappush
from uuid import UUID

from dispatch.kit.settings import Limits
from dispatch.runs import workflow_named
from dispatch.spawning.fact_shapes import Facts, Ruling, Verdict
from dispatch.spawning.gates import decide
from dispatch.spawning.replay_shapes import PastSpawn, PastSwitch, Simulated, Typical
from dispatch.spawning.shapes import SpawnState
from dispatch.spawning.simulated_books import Active, SimulatedBooks, course_of, stopped_by
from dispatch.spawning.simulated_queue import Queued, SimulatedQueue

AS_IT_WAS = {"occurrences", "deployment", "review_capacity"}  # gates whose facts are not simulated: they open when they did


class Kind(IntEnum):
    """What happens; at one moment, in this order."""

    END = 0
    OFFER = 1
    LEAVE = 2
    ASK = 3


def simulate(
    past: list[PastSpawn],
    switches: list[PastSwitch],
    limits: Limits,
    *,
    since: datetime,
    until: datetime,
    typical: dict[str, Typical],
) -> Simulated:
    """What would have become of the past's requests from `since` to `until` under the limits. `past` is in the order they came."""
    run = _Simulation(past, switches, limits, since=since, until=until, typical=typical)
    run.begin(since)
    run.go_on()
    return run.done


class _Simulation:
    def __init__(
        self,
        past: list[PastSpawn],
        switches: list[PastSwitch],
        limits: Limits,
        *,
        since: datetime,
        until: datetime,
        typical: dict[str, Typical],
    ) -> None:
        self.past, self.switches, self.limits, self.until, self.typical = past, switches, limits, until, typical
        self.done = Simulated()
        self.books = SimulatedBooks(limits, since)
        self.queue = SimulatedQueue()
        self.busy: dict[UUID, str] = {}  # issues with a run or a waiting spawn, and which of the two
        self.put_off: dict[UUID, deque[PastSpawn]] = defaultdict(deque)
        self.spawn_of_run = {spawn.run_id: spawn.id for spawn in past if spawn.run_id}
        self.events: list[tuple[datetime, Kind, int, PastSpawn | None]] = []
        self.count = 0
        self.is_freed = False
        self.blocked: set[str] | None = None  # the resources for which all wait, since the queue was offered last; None: others wait too

    def begin(self, since: datetime) -> None:
        """What ran and waited at the beginning does, and everything known of the period lies ahead."""
        for spawn in self.past:
            if spawn.admitted_at is not None and spawn.admitted_at < since:
                self._enter(spawn, spawn.admitted_at, spawn.cap_usd or Decimal(), counts=False)
            elif spawn.created_at < since:
                self._line_up(spawn, spawn.created_at, None)
            else:
                self._plan(spawn.created_at, Kind.ASK, spawn)
        midnight = datetime.combine(since.astimezone(UTC).date(), time(), UTC)
        while midnight <= self.until:
            self._plan(midnight, Kind.OFFER)
            midnight += timedelta(days=1)
        for switch in self.switches:
            if switch.opened_at and switch.opened_at >= since:
                self._plan(switch.opened_at, Kind.OFFER)

    def go_on(self) -> None:
        """Everything happens in its order, until the end of the period."""
        while self.events and self.events[0][0] <= self.until:
            at, kind, _, spawn = heappop(self.events)
            self.books.turn_to(at)
            if kind is Kind.ASK and spawn:
                self._ask(spawn, at)
            else:
                self.is_freed |= self._happen(kind, spawn, at)
            is_more_now = self.events and self.events[0][0] == at and self.events[0][1] is not Kind.ASK
            if self.is_freed and not is_more_now:
                self.is_freed = False
                self._offer(at)

    def _happen(self, kind: Kind, spawn: PastSpawn | None, at: datetime) -> bool:
        """It has happened; whether somebody who waits may start for it."""
        if kind is Kind.END and spawn:
            freed = self._end(spawn, at)
            return self.blocked is None or bool(freed & self.blocked)
        if kind is Kind.LEAVE and spawn:
            self._leave(spawn, at)
        return True

    def _ask(self, spawn: PastSpawn, at: datetime) -> None:
        if spawn.issue_id in self.busy and spawn.first_gate != "issue":
            self.put_off[spawn.issue_id].append(spawn)
            return
        held = self.queue.wanted(at, spawn.priority)
        ruling = decide(self._facts(spawn, at, held, queued=False), self.limits, at)
        if ruling.verdict is Verdict.ADMITTED:
            self._admit(spawn, at, ruling)
        elif ruling.verdict is Verdict.WAITS:
            self._line_up(spawn, at, ruling)
        else:
            self._refuse(spawn, at)

    def _offer(self, at: datetime) -> None:
        """Waiting ones are put to the gates, in the order of the queue, as the service does."""
        held: set[str] = set()
        self.blocked = held
        for queued in self.queue.offer(at, self.books.served, held):
            facts = self._facts(queued.spawn, at, held, queued=True)
            ruling = decide(facts, self.limits, at)
            if ruling.verdict is Verdict.WAITS:
                if self._wait_on(queued, at, ruling):
                    self.queue.hold(queued, ruling.waits_for or "", held)
                continue
            self.queue.take(queued.spawn)
            self.busy.pop(queued.spawn.issue_id, None)
            if ruling.verdict is Verdict.ADMITTED:
                self._admit(queued.spawn, at, ruling)
            else:
                self._refuse(queued.spawn, at)

    def _admit(self, spawn: PastSpawn, at: datetime, ruling: Ruling) -> None:
        self.done.runs += 1
        self._enter(spawn, at, ruling.reserve_usd)

    def _enter(self, spawn: PastSpawn, at: datetime, reserve_usd: Decimal, *, counts: bool = True) -> None:
        """The run holds its place and its money until its end, which lies ahead now."""
        course = course_of(spawn, self.typical[spawn.facts.workflow], until=self.until)
        is_cut = course.cost_usd > reserve_usd and (spawn.cap_usd is None or reserve_usd < spawn.cap_usd)
        started_at = at + timedelta(seconds=spawn.started_s or 0)
        facts = spawn.facts
        active = Active(
            workflow=facts.workflow,
            customer=facts.customer,
            family=facts.cause.family if facts.cause else None,
            reserve_usd=reserve_usd,
            cost_usd=reserve_usd if is_cut else course.cost_usd,
            is_cut=is_cut,
            started_at=started_at,
        )
        self.books.enter(spawn.id, active, counts=counts)
        self.busy[spawn.issue_id] = "running"
        self._plan(at + timedelta(seconds=course.lasts_s), Kind.END, spawn)

    def _end(self, spawn: PastSpawn, at: datetime) -> set[str]:
        """The run is over; returns the resources of which some came free."""
        active = self.books.leave(spawn.id)
        self.done.cost_usd += active.cost_usd
        if spawn.run_id and spawn.lasted_s is not None and not active.is_cut:
            self.done.reached.add(spawn.id)
        self.books.count_failure(active, None if active.is_cut else spawn.outcome, at)
        self._free(spawn.issue_id, at)
        bucket = workflow_named(active.workflow).bucket
        places = {"concurrency", f"concurrency:{bucket}"}
        return places | {"money", f"money:workflow:{active.workflow}", f"money:customer:{active.customer}"}

    def _line_up(self, spawn: PastSpawn, at: datetime, ruling: Ruling | None) -> None:
        queued = Queued(spawn=spawn, since=at)
        self.queue.add(queued)
        self.busy[spawn.issue_id] = "waiting"
        if ruling:
            self.done.waited.add(spawn.id)
            if self._wait_on(queued, at, ruling):
                self.queue.want(queued, ruling.waits_for or "")
                if self.blocked is not None:
                    self.blocked.add(ruling.waits_for or "")
        if spawn.decided_at > at and spawn.state is not SpawnState.ADMITTED:
            self._plan(spawn.decided_at, Kind.LEAVE, spawn)
        elif spawn.last_facts and spawn.decided_at > at:
            self._plan(spawn.decided_at, Kind.OFFER)

    def _wait_on(self, queued: Queued, at: datetime, ruling: Ruling) -> bool:
        """Whether it waits for a resource. Where its gate opens at a known moment, or never, it is not asked before."""
        if ruling.waits_for:
            return True
        spawn = queued.spawn
        due = self.books.due(ruling.gate, spawn.facts, at)
        if due is None and ruling.gate in AS_IT_WAS:
            due = spawn.decided_at if spawn.decided_at > at else self.until + timedelta(days=1)
        if due is None and ruling.gate == "kill_switch":
            due = min((switch.opened_at for switch in self.switches if switch.opened_at and switch.opened_at > at), default=None)
        if due:
            self.queue.sleep(queued, due)
            self._plan(due, Kind.OFFER)
        else:
            self.blocked = None
        return False

    def _leave(self, spawn: PastSpawn, at: datetime) -> None:
        """In truth it was withdrawn, or refused after all, at this moment: so it is here, if it still waits."""
        if not self.queue.take(spawn):
            return
        if spawn.state is SpawnState.REFUSED:
            self.done.refused.add(spawn.id)
        self._free(spawn.issue_id, at)

    def _refuse(self, spawn: PastSpawn, at: datetime) -> None:
        self.done.refused.add(spawn.id)
        self._free(spawn.issue_id, at, was_busy=False)

    def _free(self, issue_id: UUID, at: datetime, *, was_busy: bool = True) -> None:
        """Who was put off for this issue may ask now."""
        if was_busy:
            self.busy.pop(issue_id, None)
        if issue_id not in self.busy and (later := self.put_off.get(issue_id)):
            self._plan(at, Kind.ASK, later.popleft())

    def _facts(self, spawn: PastSpawn, at: datetime, held: set[str], *, queued: bool) -> Facts:
        """The facts of the time about its issue, with everything about other runs as it is here."""
        kept = spawn.last_facts if queued and spawn.last_facts and at >= spawn.decided_at else spawn.facts
        busy = None if queued else self.busy.get(spawn.issue_id)
        planner = self.spawn_of_run.get(spawn.planned_by) if spawn.planned_by else None
        is_planned = planner is None or planner in self.done.reached
        asked = kept.asked_usd if kept.asked_usd != spawn.ceiling_usd else None  # it was the policy's, said aloud
        stop = stopped_by(self.switches, spawn.facts, at)
        return kept.model_copy(
            update={
                "queued": queued,
                "unfinished_run": f"{spawn.facts.workflow}, running" if busy == "running" else None,
                "waiting_spawn": busy == "waiting",
                "plan_approved_at": kept.plan_approved_at if is_planned else None,
                "asked_usd": asked,
                "kill_switch": stop.reason if stop else None if queued else spawn.facts.kill_switch,
                "held": sorted(held),
                **self.books.facts(kept),
            }
        )

    def _plan(self, at: datetime, kind: Kind, spawn: PastSpawn | None = None) -> None:
        self.count += 1
        heappush(self.events, (at, kind, self.count, spawn))
