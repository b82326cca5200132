"""Nobody starves: a bound on how many others start before a spawn, however loud they are.

Let S be a spawn of customer c (nobody's issues count as one more customer) and of priority P1 to P4.

- It gains a band for every four hours of waiting. After at most 4 h for each step above P1, that is 12 h for a P4, it stands in the first
  band, which nobody outranks; among those of c it goes by age from then on. Call this moment T, and let S be the k-th oldest of c.
- In a band the order goes by numbers: how many runs the customer has had today, and its place among its own. When one of c ahead of S
  starts, c has had one run more and S is one place further: the number of S never exceeds n = served(c) + k.
- The numbers of another customer d only rise: each of its starts takes the next one, from served(d) + 1. Before S start only those
  with a number of at most n: at most n - served(d) of them.

So after T, on the same day, at most

    (k - 1) + sum over d of max(0, served(c) + k - served(d))

others start before S. It does not depend on how many others wait, nor on how many come. At midnight all have been served nothing, and
the same holds anew with the place k' <= k that S has then: at most D k' - 1 more, of D customers. Where a day has room for fewer runs
than that, S at least grows older while those older than S become fewer.
"""

import heapq
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from dispatch import customers
from dispatch.customers import NewCustomer
from dispatch.kit.ids import new_id
from dispatch.kit.work import work
from tests import doing

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")
BEGAN = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOURS = 36
STARTS_AN_HOUR = 4
BY_THE_NOISY_AN_HOUR = 9
STEP = timedelta(hours=4)


@dataclass
class Quiet:
    """A spawn that somebody quiet has asked for. `bound` and `passed` count the others after it has reached the first band."""

    spawn: UUID
    customer: UUID | None
    first_band_at: datetime
    bound: int | None = None
    passed: int = 0


@pytest.mark.parametrize("seed", range(3))
def test_no_more_others_start_before_a_spawn_than_its_place_allows(database: str, seed: int) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        simulation = Simulation(conn, random.Random(seed))

        simulation.run()

    assert len(simulation.done) > 10
    for quiet in simulation.done:
        assert quiet.bound is None or quiet.passed <= quiet.bound
    assert max(quiet.passed for quiet in simulation.done) > 0  # or the bound would be no test
    assert all(quiet.first_band_at + timedelta(hours=8) > simulation.at for quiet in simulation.waiting.values())


class Simulation:
    """Time goes from event to event: somebody asks, or a place comes free and goes to the first of the queue."""

    def __init__(self, conn: psycopg.Connection[Any], chance: random.Random) -> None:
        self.conn, self.chance, self.at = conn, chance, BEGAN
        with work() as unit:
            made = [customers.create_customer(unit, NewCustomer(name=f"c{n}", slug=f"c{n}")).id for n in range(4)]
        self.noisy, self.all = made[0], [*made, None]
        self.served: Counter[UUID | None] = Counter()
        self.waiting: dict[UUID, Quiet] = {}
        self.done: list[Quiet] = []
        issue = doing.make_issue()
        row = conn.execute("SELECT status_id, created_by FROM issue WHERE id = %s", (issue.id,)).fetchone()
        assert row
        self.status, self.by = row[0], Jsonb(row[1])

    def run(self) -> None:
        """All hours have passed."""
        for at, act in self._events():
            if at.date() != self.at.date():
                self._begin_day(at)
            self.at = at
            act()

    def _events(self) -> list[tuple[datetime, Any]]:
        events: list[tuple[datetime, int, Any]] = []
        for rate, act in ((STARTS_AN_HOUR, self._start), (BY_THE_NOISY_AN_HOUR, self._ask_noisily), (0.8, self._ask_quietly)):
            hours = 0.0
            while (hours := hours + self.chance.expovariate(rate)) < HOURS:
                heapq.heappush(events, (BEGAN + timedelta(hours=hours), len(events), act))
        return [(at, act) for at, _, act in sorted(events)]

    def _ask_noisily(self) -> None:
        self._ask(self.noisy, "P1")

    def _ask_quietly(self) -> None:
        """One, sometimes a few, of somebody else."""
        customer = self.chance.choice([customer for customer in self.all if customer != self.noisy])
        for _ in range(self.chance.choice((1, 1, 1, 3))):
            priority = self.chance.choice(("P3", "P4"))
            spawn = self._ask(customer, priority)
            self.waiting[spawn] = Quiet(spawn, customer, self.at + STEP * (int(priority[1]) - 1))

    def _start(self) -> None:
        """A place is free: the first of the queue starts."""
        self._note_first_bands()
        first = self.conn.execute(
            """
            SELECT spawn_id, customer_id FROM spawn_queue(%s) AS queue JOIN spawn ON spawn.id = spawn_id JOIN issue ON issue.id = issue_id
            ORDER BY place LIMIT 1
            """,
            (self.at,),
        ).fetchone()
        if not first:
            return
        spawn, customer = first
        self.conn.execute("UPDATE spawn SET state = 'withdrawn' WHERE id = %s", (spawn,))  # out of the queue; its run is of no concern here
        self.conn.execute(
            "INSERT INTO ledger (run_id, generation, workflow, customer_id, kind, amount_usd, day, at)"
            " VALUES (%s, 1, 'deep-research', %s, 'reserve', 1, %s, %s)",
            (new_id(), customer, self.at.date(), self.at),
        )
        self.served[customer] += 1
        if spawn in self.waiting:
            self.done.append(self.waiting.pop(spawn))
        for quiet in self.waiting.values():
            quiet.passed += quiet.bound is not None

    def _note_first_bands(self) -> None:
        """Those who have come into the first band know how many may start before them."""
        for quiet in self.waiting.values():
            if quiet.bound is None and self.at >= quiet.first_band_at:
                place = self._place(quiet)
                of_others = (
                    max(0, self.served[quiet.customer] + place - self.served[other]) for other in self.all if other != quiet.customer
                )
                quiet.bound = place - 1 + sum(of_others)

    def _begin_day(self, at: datetime) -> None:
        """All have been served nothing; who waits in the first band may be passed by so many more."""
        self._note_first_bands()
        self.served.clear()
        for quiet in self.waiting.values():
            if quiet.bound is not None:
                quiet.bound += len(self.all) * self._place(quiet) - 1

    def _place(self, quiet: Quiet) -> int:
        """The spawn's place by age among those of its customer that wait."""
        row = self.conn.execute(
            """
            SELECT count(*) FROM spawn JOIN issue ON issue.id = spawn.issue_id, spawn AS own
            WHERE own.id = %(own)s AND spawn.state = 'waiting' AND issue.customer_id IS NOT DISTINCT FROM %(customer)s
              AND (spawn.created_at, spawn.id) <= (own.created_at, own.id)
            """,
            {"own": quiet.spawn, "customer": quiet.customer},
        ).fetchone()
        assert row
        return int(row[0])

    def _ask(self, customer: UUID | None, priority: str) -> UUID:
        """A spawn waits, for an issue of its own."""
        issue, spawn = new_id(), new_id()
        self.conn.execute(
            """
            INSERT INTO issue (id, number, identifier, title, description, status_id, priority, customer_id, source, created_by, created_at,
                               updated_at)
            SELECT %(id)s, 1 + max(number), 'S-' || 1 + max(number), 'One of many', '', %(status)s, %(priority)s, %(customer)s, 'person',
                   %(by)s, %(at)s, %(at)s
            FROM issue
            """,
            {"id": issue, "status": self.status, "priority": priority, "customer": customer, "by": self.by, "at": self.at},
        )
        self.conn.execute(
            "INSERT INTO spawn (id, issue_id, workflow, asked_by, state, created_at, decided_at)"
            " VALUES (%s, %s, 'deep-research', %s, 'waiting', %s, %s)",
            (spawn, issue, self.by, self.at, self.at),
        )
        return spawn
