"""Admission: decisions a second with 32 threads on one limit, against a plain counter update on the same Postgres.

Both keep what they did on disk before the next may begin, as one row is held by all. Run with `python -m benchmarks.admission`;
`--processes 8` spreads the threads over as many processes, since containers of Lambda share no interpreter.
"""

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import database
from benchmarks.figures import Figure, arguments, show, tell
from dispatch import issues, spawning
from dispatch.issues import NewIssue
from dispatch.kit.actors import Actor, ActorKind
from dispatch.kit.work import close_connection, work
from dispatch.spawning import NewSpawn
from infra.laptop import environment, postgres
from infra.laptop.doors.queues import Sqs
from infra.wiring import FUNCTIONS, Queue

THREADS = 32
EACH = 10
ROUNDS = 5
PLACES = 8  # the product's own limit
ADA = Actor(kind=ActorKind.PERSON, name="Ada")


def measure(rounds: int, processes: int) -> list[Figure]:
    """The figures of `rounds` rounds, each with a measurement of the counter before and after it."""
    with database.server() as running, _queues():
        measured = partial(_rounds, running, rounds, processes)
        few, many = measured(places=PLACES), measured(places=THREADS * EACH)
    counters = [counter for rates in (few, many) for _, counter in rates]
    who = f"{THREADS} threads" if processes == 1 else f"{THREADS} threads in {processes} processes"
    return [
        Figure(f"counter updates, pgbench, {THREADS} clients", median(counters), "/s"),
        Figure(f"decisions, {who}, {PLACES} places", median([rate for rate, _ in few]), "/s"),
        Figure("of the counter", median([rate / counter for rate, counter in few]), "", 0.25, "at least"),
        Figure(f"decisions, {who}, all admitted", median([rate for rate, _ in many]), "/s"),
        Figure("of the counter", median([rate / counter for rate, counter in many]), ""),
        Figure("admitted beyond the limit", 0, "runs", 0),  # _check has looked at every round
    ]


def _rounds(running: postgres.Server, rounds: int, processes: int, *, places: int) -> list[tuple[float, float]]:
    """Decisions a second and counter updates a second, of each round."""
    found: list[tuple[float, float]] = []
    for number in range(1, rounds + 1):
        before = database.counter_rate(running, clients=THREADS, seconds=2)
        rate = _decide(running, places, processes)
        after = database.counter_rate(running, clients=THREADS, seconds=2)
        found.append((rate, (before + after) / 2))
        tell(f"  {places} places, round {number}: {rate:.0f} decisions/s, counter {before:.0f} and {after:.0f}/s")
    return found


def _decide(running: postgres.Server, places: int, processes: int) -> float:
    """Decisions a second of all threads together, each asking for one issue after another."""
    limits = dict.fromkeys(("MAX_CONCURRENT_SPAWNS", "MAX_CONCURRENT_SPAWNS_PRD", "DAILY_SPAWN_BUDGET_PRD"), places)
    with database.fresh_database(running, GITHUB_REPO="acme/shop", DAILY_COST_LIMIT_USD=100_000, **limits) as url:
        with work() as unit:
            made = [issues.create_issue(unit, NewIssue(title=f"Issue {n}"), actor=ADA).id for n in range(THREADS * EACH)]
        taken_s = _ask_together([made[start::THREADS] for start in range(THREADS)], processes)
        _check(url, places, asked=len(made))
    return len(made) / taken_s


def _ask_together(shares: Sequence[Sequence[UUID]], processes: int) -> float:
    """How long it took until every thread had asked for all of its issues."""
    kind: Any = threading if processes == 1 else multiprocessing.get_context("spawn")
    begin: Any = kind.Thread if processes == 1 else kind.Process
    start = kind.Barrier(processes + 1)
    asking = [begin(target=_ask_in_threads, args=(shares[n::processes], start)) for n in range(processes)]
    for one in asking:
        one.start()
    start.wait()
    began = time.monotonic()
    for one in asking:
        one.join()
    return time.monotonic() - began


def _ask_in_threads(shares: Sequence[Sequence[UUID]], start: Any) -> None:
    """Every thread has asked for its issues; none begins before all are connected, and `start` opens."""
    ready = threading.Barrier(len(shares), action=start.wait)

    def ask(share: Sequence[UUID]) -> None:
        with work():
            pass  # connected
        ready.wait()
        for issue in share:
            with work() as unit:
                spawning.request(unit, issue, NewSpawn(workflow="prd-investigate"), actor=ADA)
        close_connection()

    threads = [threading.Thread(target=ask, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _check(url: str, places: int, *, asked: int) -> None:
    """Exactly as many runs as there were places, money set aside for each, and a decision for everyone who asked."""
    with psycopg.connect(url) as conn:
        states = Counter(row[0] for row in conn.execute("SELECT state FROM spawn"))
        runs, reserves = conn.execute("SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM ledger WHERE kind = 'reserve')").fetchone()  # type: ignore[misc]
    admitted = min(places, asked)
    if (states["admitted"], states["waiting"], runs, reserves) != (admitted, asked - admitted, admitted, admitted):
        raise SystemExit(f"Admission is wrong: {dict(states)}, {runs} runs, {reserves} reserves, where {admitted} places were free.")


@contextmanager
def _queues() -> Iterator[None]:
    """SQS as the laptop has it: who is admitted wakes the spawner."""
    sqs = Sqs()
    environment.prepare_for_aws(os.environ, sqs_url=sqs.url)
    spawner = next(function for function in FUNCTIONS if function.name == "spawner")
    for queue in (wake for wake in spawner.wakes if isinstance(wake, Queue)):
        os.environ[queue.setting] = sqs.make_queue(queue, timeout_s=spawner.timeout_s)
    yield
    sqs.stop()


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    show("admission", measure(asked.rounds, asked.processes), as_json=asked.json)
