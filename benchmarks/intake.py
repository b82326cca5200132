"""Intake: new and repeated errors a second with 1, 8 and 32 senders, against a plain counter update on the same Postgres.

A report is taken as a door takes it once it is read: one transaction, its issue, its story and its frames with it. Then 32 senders report
1,000 new and 10,000 repeated errors in random order, and what came of it is counted. Run with `python -m benchmarks.intake`. Senders are
threads in as many processes as there are cores, since containers of Lambda share no interpreter.
"""

import multiprocessing
import os
import random
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

import psycopg

from benchmarks import database
from benchmarks.figures import Figure, arguments, show, tell
from dispatch import intake
from dispatch.families import NewSighting, Origin
from dispatch.kit.work import close_connection, work
from infra.laptop import postgres

SENDERS = (1, 8, 32)
PREDECESSOR = {"new": 69, "repeated": 168}  # a second, one sender: quality.md
NEW, REPEATED = 1_000, 10_000
WORDS = ("order", "invoice", "refund", "basket", "voucher", "stock", "parcel", "address", "coupon", "wallet")
SETTINGS = {"GITHUB_REPO": "acme/shop", "MIN_EVENT_COUNT_TO_SPAWN": 1_000_000}  # each error asks for an agent, and waits for it
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def measure(*, rounds: int, processes: int, scale: float) -> list[Figure]:
    """The figures of all numbers of senders, and of everything at once."""
    new, repeated = int(NEW * scale), int(REPEATED * scale)
    figures: list[Figure] = []
    with database.server() as running:
        for senders in SENDERS:
            found = [_round(running, senders, min(processes, senders), new=new // 2, repeated=repeated // 4) for _ in range(rounds)]
            figures += _figures(senders, min(processes, senders), found)
        figures.append(_all_at_once(running, processes, new=new, repeated=repeated))
    return figures


def _round(running: postgres.Server, senders: int, processes: int, *, new: int, repeated: int) -> tuple[float, float, float]:
    """New errors, repeated ones, and counter updates, a second."""
    before = database.counter_rate(running, clients=senders, seconds=2)
    with database.fresh_database(running, **SETTINGS) as url:
        news = list(range(new))
        again = [random.randrange(new) for _ in range(repeated)]
        rates = [len(numbers) / _send(_shares(numbers, senders), processes) for numbers in (news, again)]
        _check(url, new, seen=new + repeated)
    after = database.counter_rate(running, clients=senders, seconds=2)
    tell(f"  {senders} senders: {rates[0]:.0f} new/s, {rates[1]:.0f} repeated/s, counter {before:.0f} and {after:.0f}/s")
    return rates[0], rates[1], (before + after) / 2


def _figures(senders: int, processes: int, found: list[tuple[float, float, float]]) -> list[Figure]:
    who = "1 sender" if senders == 1 else f"{senders} senders"
    new, again = median([one[0] for one in found]), median([one[1] for one in found])
    share = median([again / counter / processes for _, again, counter in found])
    least = {kind: 3 * rate if senders == 1 else None for kind, rate in PREDECESSOR.items()}
    return [
        Figure(f"new errors, {who}", new, "/s", least["new"], "at least"),
        Figure(f"repeated errors, {who}", again, "/s", least["repeated"], "at least"),
        Figure(f"counter updates, pgbench, {who.replace('sender', 'client')}", median([one[2] for one in found]), "/s"),
        Figure("repeated, of the counter, per core", share, "", 0.25, "at least"),
    ]


def _all_at_once(running: postgres.Server, processes: int, *, new: int, repeated: int) -> Figure:
    """32 senders report everything in random order: one issue an error, every count exact."""
    numbers = [*range(new), *(random.randrange(new) for _ in range(repeated))]
    random.shuffle(numbers)
    with database.fresh_database(running, **SETTINGS) as url:
        taken_s = _send(_shares(numbers, SENDERS[-1]), processes)
        _check(url, new, seen=len(numbers))
    tell(f"  {new:,} new and {repeated:,} repeated at once: {new:,} issues, every count exact")
    return Figure(f"{new:,} new and {repeated:,} repeated, {SENDERS[-1]} senders", len(numbers) / taken_s, "/s")


def _shares(numbers: Sequence[int], senders: int) -> list[Sequence[int]]:
    return [numbers[start::senders] for start in range(senders)]


def _send(shares: Sequence[Sequence[int]], processes: int) -> float:
    """How long it took until every sender had reported all of its errors."""
    kind = multiprocessing.get_context("spawn")
    start = kind.Barrier(processes + 1)
    sending = [kind.Process(target=_send_in_threads, args=(shares[n::processes], start)) for n in range(processes)]
    for one in sending:
        one.start()
    start.wait()
    began = time.monotonic()
    for one in sending:
        one.join()
    taken_s = time.monotonic() - began
    if any(one.exitcode for one in sending):
        raise SystemExit("A sender failed.")
    return taken_s


def _send_in_threads(shares: Sequence[Sequence[int]], start: Any) -> None:
    """Every thread has reported its errors; none begins before all are connected, and `start` opens."""
    ready = threading.Barrier(len(shares), action=start.wait)
    failures: list[Exception] = []

    def send(share: Sequence[int]) -> None:
        with work():
            pass  # connected
        ready.wait()
        try:
            for number in share:
                with work() as unit:
                    intake.take_sighting(unit, _report(number))
        except Exception as failure:  # noqa: BLE001 - told by the exit code
            failures.append(failure)
        close_connection()

    threads = [threading.Thread(target=send, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _report(number: int) -> NewSighting:
    """A report of the error with this number, which is no other's."""
    place = WORDS[number % 10]
    return NewSighting(
        origin=Origin.ALERTMANAGER,
        key=os.urandom(8).hex(),
        source="shop",
        feature=f"{place}-{number // 10}",
        message=f"The {place} of user 4711 cannot be found after 30211ms",
        error=f"{place.title()}NotFound: no {place} for ada@example.com",
        lines=[f"2026-11-23T02:00:00Z ERROR the {place} is not there"] * 3,
        labels={"alertname": "ErrorRate", "app": "shop", "pod": "shop-7d4b"},
        first_seen=AT,
        last_seen=AT,
        fires=True,
    )


def _check(url: str, families: int, *, seen: int) -> None:
    """One issue an error, and nothing lost or counted twice."""
    with psycopg.connect(url) as conn:
        found = conn.execute(
            """
            SELECT count(*), count(DISTINCT issue_id), sum(occurrences), (SELECT count(*) FROM issue), (SELECT sum(count) FROM sighting)
            FROM family
            """
        ).fetchone()
    if found != (families, families, seen, families, seen):
        raise SystemExit(f"Intake is wrong: {found}, where {families} errors were seen {seen} times in all.")


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the 1,000 new and 10,000 repeated errors")
    asked = parser.parse_args()
    show("intake", measure(rounds=asked.rounds, processes=asked.processes, scale=asked.scale), as_json=asked.json)
