"""The queue of a simulation: the order of `spawn_queue`, drawn lazily, and what is held for those ahead.

One thing differs: who surely gets nothing now takes no turn of their customer's. Else thousands who wait would be looked at for every run.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush, merge
from uuid import UUID

from dispatch.runs import workflow_named
from dispatch.spawning.replay_shapes import PastSpawn

BAND_S = 14_400  # a waiting spawn is one band more urgent for every four hours it waits, as in `spawn_band`
Class = tuple[str, bool]  # a workflow, and whether it was forced: what a held resource stops, it stops for all of a class


@dataclass(slots=True)
class Queued:
    """A waiting spawn, and since when it waits."""

    spawn: PastSpawn
    since: datetime

    def band(self, at: datetime) -> int:
        """How urgent it is; 1 is the most."""
        return max(self.spawn.priority - int((at - self.since).total_seconds() // BAND_S), 1)

    @property
    def kind(self) -> Class:
        """Its class."""
        return self.spawn.facts.workflow, self.spawn.facts.forced_because is not None


Lane = dict[UUID, Queued]  # of one customer, priority and class, in the order in which they came


class SimulatedQueue:
    """Who waits. Who waits for a known moment sleeps until then."""

    def __init__(self) -> None:
        self.lanes: defaultdict[str | None, defaultdict[tuple[int, Class], Lane]] = defaultdict(lambda: defaultdict(dict))
        self.kinds: Counter[Class] = Counter()
        self.asleep: dict[UUID, Queued] = {}
        self.wakes: list[tuple[datetime, UUID]] = []
        self.wants: dict[str, Queued] = {}  # the most urgent one that waits for a resource

    def add(self, queued: Queued) -> None:
        """It waits, among those of its customer, priority and class where it belongs by its age."""
        lane = self._lane(queued.spawn)
        is_last = not lane or next(reversed(lane.values())).since <= queued.since
        lane[queued.spawn.id] = queued
        if not is_last:
            in_order = sorted(lane.items(), key=lambda item: item[1].since)
            lane.clear()
            lane.update(in_order)
        self.kinds[queued.kind] += 1

    def sleep(self, queued: Queued, until: datetime) -> None:
        """It waits, and is not looked at before that moment."""
        if self.take(queued.spawn):
            self.asleep[queued.spawn.id] = queued
            heappush(self.wakes, (until, queued.spawn.id))

    def take(self, spawn: PastSpawn) -> bool:
        """It waits no more; False where it did not."""
        if self.asleep.pop(spawn.id, None):
            return True
        queued = self._lane(spawn).pop(spawn.id, None)
        if queued is None:
            return False
        self.kinds[queued.kind] -= 1
        return True

    def want(self, queued: Queued, resource: str) -> None:
        """It waits for this resource; nobody who is less urgent may take it."""
        known = self.wants.get(resource)
        if known is None or (queued.spawn.priority, queued.since) < (known.spawn.priority, known.since):
            self.wants[resource] = queued

    def wanted(self, at: datetime, band: int) -> set[str]:
        """The resources for which somebody at least as urgent waits."""
        return {resource for resource, queued in self.wants.items() if queued.band(at) <= band}

    def hold(self, queued: Queued, resource: str, held: set[str]) -> None:
        """What comes free of this resource is for this one."""
        if resource not in held:
            held.add(resource)
            self.wants[resource] = queued

    def offer(self, at: datetime, served: Counter[str | None], held: set[str]) -> Iterator[Queued]:
        """Those whom something may have changed for, in the order of the queue; ends once nobody can get anything any more.

        Between two steps `held` grows by what the caller holds, and the caller may take whom it was given.
        """
        self.wants = {}
        self._wake(at)
        if not self.kinds.total():
            return
        stopped: set[Class] = set()
        seen = 0
        for queued in self._in_order(at, Counter(served), stopped, held):
            if len(held) != seen:
                seen = len(held)
                stopped.update(kind for kind in self.kinds if _is_stopped(kind, held))
            if all(kind in stopped for kind, count in self.kinds.items() if count):
                return
            if queued.kind not in stopped and _purse(queued.spawn.facts.customer) not in held:
                yield queued

    def _in_order(self, at: datetime, served: Counter[str | None], stopped: set[Class], held: set[str]) -> Iterator[Queued]:
        """The most urgent band first; in a band customers take turns, whoever had the fewest runs today first; then the oldest."""

        def walk(lane: Lane, kind: Class, purse: str) -> Iterator[Queued]:
            yield (head := next(iter(lane.values())))  # most lanes are not looked into any further: they are not worth a copy
            for queued in list(lane.values()):
                if kind in stopped or purse in held:
                    return
                if queued is not head:
                    yield queued

        def turns(customer: str | None) -> Iterator[tuple[int, int, datetime, UUID, Queued]]:
            lanes = [walk(lane, kind, _purse(customer)) for (_, kind), lane in self.lanes[customer].items() if lane]
            own = merge(*lanes, key=lambda queued: (queued.band(at), queued.since, queued.spawn.id))
            for number, queued in enumerate(own, served[customer] + 1):
                yield queued.band(at), number, queued.since, queued.spawn.id, queued

        return (turn[-1] for turn in merge(*map(turns, self.lanes), key=lambda turn: turn[:-1]))

    def _wake(self, at: datetime) -> None:
        while self.wakes and self.wakes[0][0] <= at:
            _, spawn_id = heappop(self.wakes)
            if queued := self.asleep.pop(spawn_id, None):
                self.add(queued)

    def _lane(self, spawn: PastSpawn) -> Lane:
        return self.lanes[spawn.facts.customer][spawn.priority, (spawn.facts.workflow, spawn.facts.forced_because is not None)]


def _purse(customer: str | None) -> str:
    return f"money:customer:{customer}"


def _is_stopped(kind: Class, held: set[str]) -> bool:
    """Whether everybody of the class waits for something that is held."""
    workflow, is_forced = kind
    if {"money", f"money:workflow:{workflow}"} & held:
        return True
    bucket = workflow_named(workflow).bucket
    pacing = {"concurrency", "daily_spawns", f"concurrency:{bucket}", f"daily_spawns:{bucket}"}
    return not is_forced and bool(pacing & held)
