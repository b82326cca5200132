"""Many senders at once: one issue an error, and every count exact. Real threads, each with a connection of its own."""

import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest

from dispatch import families, intake
from dispatch.families import NewSighting
from dispatch.kit.work import close_connection, work
from tests.reports import report

pytestmark = pytest.mark.usefixtures("queues", "repository")
SENDERS = 32
WORDS = ["order", "invoice", "refund", "basket", "voucher", "stock", "parcel", "address", "coupon", "wallet"]


def error(number: int, **more: Any) -> NewSighting:
    """A report of the error with this number, which is no other's."""
    return report(f"The {WORDS[number % 10]} is lost", feature=f"{WORDS[number % 10]}-{number // 10}", **more)


def send(deliveries: Sequence[Sequence[NewSighting]]) -> list[Exception]:
    """Each delivery was taken in a work of its own, by 32 senders at once; what went wrong."""
    waiting, failures = list(deliveries), list[Exception]()
    start = threading.Barrier(SENDERS)

    def sender() -> None:
        with work():
            pass  # connected
        start.wait()
        while True:
            try:
                delivery = waiting.pop()
            except IndexError:
                break
            try:
                take(delivery)
            except Exception as failure:
                failures.append(failure)
        close_connection()

    together([sender] * SENDERS)
    return failures


def take(delivery: Sequence[NewSighting]) -> None:
    """The delivery is taken as a door takes it."""
    with work() as unit:
        if len(delivery) > 1:
            families.hold_families(unit, delivery, unit.now)
        for new in delivery:
            intake.take_sighting(unit, new)


def together(doing: Sequence[Callable[[], None]]) -> None:
    """All of it was done at the same time."""
    threads = [threading.Thread(target=one) for one in doing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def ask(database: str, query: str) -> Any:
    """What the database says."""
    with psycopg.connect(database) as conn:
        return conn.execute(query).fetchall()  # type: ignore[call-overload]  # our own words


SUMS_THAT_DIFFER = """
    SELECT family.name
    FROM family
    WHERE occurrences <> (SELECT sum(count) FROM sighting WHERE family_id = family.id)
       OR occurrences <> (SELECT sum(occurrences) FROM fingerprint WHERE family_id = family.id)
       OR occurrences <> (SELECT sum(count) FROM sighting_hour JOIN fingerprint ON hash = fingerprint WHERE family_id = family.id)
"""


def test_new_and_repeated_errors_in_any_order_are_counted_exactly(database: str):
    chance = random.Random(1)
    counts = [chance.randint(1, 3) for _ in range(660)]
    numbers = [*range(60), *(chance.randrange(60) for _ in range(600))]
    reports = [error(number, count=count, key=str(place)) for place, (number, count) in enumerate(zip(numbers, counts, strict=True))]
    chance.shuffle(reports)

    failures = send([[one] for one in reports])

    assert failures == []
    assert ask(database, "SELECT count(*), count(DISTINCT issue_id), sum(occurrences) FROM family") == [(60, 60, sum(counts))]
    assert ask(database, "SELECT count(*) FROM issue") == [(60,)]
    assert ask(database, SUMS_THAT_DIFFER) == []


def test_the_same_alert_at_once_is_one_issue(database: str):
    failures = send([[report()]] * 64)

    assert failures == []
    assert ask(database, "SELECT occurrences FROM family") == [(64,)]
    assert ask(database, "SELECT count(*) FROM issue") == [(1,)]
    assert ask(database, "SELECT count(*) FROM spawn") == [(1,)]


def test_the_same_report_at_once_counts_once(database: str):
    failures = send([[report(key="one", count=5)]] * 64)

    assert failures == []
    assert ask(database, "SELECT occurrences FROM family") == [(5,)]
    assert ask(database, "SELECT count(*) FROM sighting") == [(1,)]


def test_deliveries_of_many_errors_never_wait_for_each_other(database: str):
    """Two wordings of each error, so that the order of wordings is not that of families; new ones and releases among them."""
    chance = random.Random(2)
    wordings = [(number, kind) for number in range(10) for kind in ("is lost", "cannot be found in any of the lists")]

    def wording(number: int, kind: str) -> NewSighting:
        stack = f'Traceback:\n  File "/app/shop/{WORDS[number]}.py", line 3, in {WORDS[number]}\n    total()'
        message = f"The {WORDS[number]} {kind}"
        return report(message, feature=WORDS[number], stack=stack, release=f"1.{chance.randrange(4)}")

    take([wording(*one) for one in wordings[::2]])
    deliveries = [[wording(*one) for one in chance.sample(wordings, 6)] for _ in range(100)]

    failures = send(deliveries)

    assert failures == []
    assert ask(database, "SELECT count(*), sum(occurrences) FROM family") == [(10, 10 + 600)]
    assert ask(database, "SELECT count(*) FROM fingerprint") == [(20,)]
    assert ask(database, SUMS_THAT_DIFFER) == []
