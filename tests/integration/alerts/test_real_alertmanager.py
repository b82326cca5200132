"""The real Alertmanager drives alerts to issues: alone, in groups, mixed and over, and through outages of either side."""

import time

import psycopg
import pytest

from tests.integration.alerts.conftest import ruled, until

pytestmark = pytest.mark.timeout(240)


def test_an_alert_that_fires_becomes_an_issue(alertmanager, seen):
    alertmanager.tell(ruled("Card declined", count=7))

    until(lambda: seen() == {"Card declined": (7, True)}, what="the alert never came")


def test_every_alert_of_a_group_becomes_an_issue_of_its_own(alertmanager, seen):
    alertmanager.tell(*(ruled(f"Broken {word}", count=n) for n, word in enumerate(["alpha", "beta", "gamma"], start=1)))

    until(lambda: len(seen()) == 3, what="three alerts never came")
    assert seen() == {"Broken alpha": (1, True), "Broken beta": (2, True), "Broken gamma": (3, True)}


def test_one_alert_of_a_group_that_is_over_is_over_alone(alertmanager, seen):
    alertmanager.tell(ruled("Broken alpha"), ruled("Broken beta"))
    until(lambda: len(seen()) == 2, what="the alerts never came")

    alertmanager.tell(ruled("Broken alpha"), ruled("Broken beta", over=True))

    until(lambda: seen() == {"Broken alpha": (7, True), "Broken beta": (7, False)}, what="the end of one never came")
    alertmanager.tell(ruled("Broken alpha", over=True))
    until(lambda: seen() == {"Broken alpha": (7, False), "Broken beta": (7, False)}, what="the end of the other never came")


def test_an_alert_told_again_and_again_counts_what_it_adds(alertmanager, seen):
    for count in (7, 7, 9, 12):
        alertmanager.tell(ruled("Card declined", count=count))
        time.sleep(0.1)
    alertmanager.tell(ruled("Card declined", count=12), ruled("Another", feature="refund"))

    until(lambda: seen().get("Another"), what="the second alert never came")
    assert seen()["Card declined"] == (12, True)


def test_nothing_is_lost_or_doubled_while_our_server_is_away(alertmanager, server, seen, database):
    alertmanager.tell(ruled("Before", count=3))
    until(seen, what="the first alert never came")

    server.kill()
    alertmanager.tell(ruled("Before", count=3), ruled("During alpha", count=4, name="Others"), ruled("During beta", count=5, name="Others"))
    time.sleep(2)
    alertmanager.tell(ruled("During beta", count=5, name="Others", over=True))
    time.sleep(1)
    server.start()

    expected = {"Before": (3, True), "During alpha": (4, True)}
    until(lambda: expected.items() <= seen().items(), what="what fired while the server was away never came")
    time.sleep(2)
    counts = {message: count for message, (count, _) in seen().items()}
    assert counts in ({"Before": 3, "During alpha": 4, "During beta": 5}, {"Before": 3, "During alpha": 4})
    with psycopg.connect(database) as conn:
        assert conn.execute("SELECT count(*) FROM delivery WHERE handled_at IS NULL").fetchone() == (0,)


def test_nothing_is_lost_or_doubled_while_alertmanager_is_away(alertmanager, seen):
    alertmanager.tell(ruled("Card declined", count=7))
    until(seen, what="the alert never came")

    alertmanager.stop()
    alertmanager.start()
    alertmanager.tell(ruled("Card declined", count=7), ruled("Another", count=2))
    until(lambda: len(seen()) == 2, what="the alerts never came after the restart")
    alertmanager.tell(ruled("Card declined", over=True), ruled("Another", count=2))

    until(lambda: seen() == {"Card declined": (7, False), "Another": (2, True)}, what="the end never came")
