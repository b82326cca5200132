"""Reports become sightings of families, and are counted exactly."""

from datetime import datetime, timedelta

import psycopg
import pytest

from dispatch import families
from dispatch.families import NewSighting, Recorded
from dispatch.kit.work import work
from tests.conftest import Clock
from tests.reports import AT, report

pytestmark = pytest.mark.usefixtures("database")


def record(new: NewSighting, at: datetime = AT) -> Recorded:
    """It was reported."""
    with work() as unit:
        return families.record_sighting(unit, new, at)


def test_a_first_report_begins_a_family():
    recorded = record(report(count=3))

    assert (recorded.is_new_family, recorded.is_new_sighting, recorded.added, recorded.before) == (True, True, 3, 0)
    assert recorded.family.occurrences == 3
    assert recorded.family.name == f"orders/totals#{recorded.fingerprint[:8]}"


def test_the_same_error_again_counts_up():
    first = record(report(count=3))

    again = record(report(count=2))

    assert again.family.id == first.family.id
    assert (again.is_new_family, again.added, again.before, again.family.occurrences) == (False, 2, 3, 5)


def test_the_same_report_sent_again_adds_only_what_is_new():
    record(report(key="a", count=3))

    same, more, less = record(report(key="a", count=3)), record(report(key="a", count=7)), record(report(key="a", count=2))

    assert [one.added for one in (same, more, less)] == [0, 4, 0]
    assert less.family.occurrences == 7
    assert not same.is_new_sighting


def test_a_moment_in_the_future_is_now():
    recorded = record(report(first_seen=AT + timedelta(days=9), last_seen=AT + timedelta(days=9000)))

    assert recorded.family.last_seen == recorded.family.first_seen == AT


def test_whoever_it_hits_is_counted_once_and_never_named(database: str):
    record(report(users=["ada", "bob"], organisations=["org-7"]))
    record(report(users=["bob", "eve"]))
    record(report("Another wording altogether", users=["eve"], stack=None))

    with psycopg.connect(database) as conn:
        counted = conn.execute("SELECT users, organisations FROM family ORDER BY occurrences DESC LIMIT 1").fetchone()
        kept = str(conn.execute("SELECT (SELECT json_agg(affected) FROM affected), (SELECT json_agg(sighting) FROM sighting)").fetchone())
    assert counted == (3, 1)
    assert not {"ada", "bob", "eve", "org-7"} & set(kept.replace('"', " ").split())


def test_nothing_is_kept_that_tells_a_person_or_opens_a_door(database: str):
    told = "ada@example.com paid with 4111 1111 1111 1111, password=hunter2hunter2"

    record(report(told, error=told, stack=told, lines=[told], labels={"who": told}))

    with psycopg.connect(database) as conn:
        kept = str(conn.execute("SELECT (SELECT json_agg(sighting) FROM sighting), (SELECT json_agg(family) FROM family)").fetchone())
        kept += str(conn.execute("SELECT json_agg(fingerprint) FROM fingerprint").fetchone())
    assert not [secret for secret in ("ada@", "4111 1111", "hunter2") if secret in kept]


def test_what_is_forgotten_leaves_its_counts(clock: Clock):
    first = record(report(count=3))
    clock.travel(days=91)

    with work() as unit:
        forgotten = families.forget_old_sightings(unit)

    assert forgotten == 1
    with work() as unit:
        assert families.get_family(unit, first.family.id).occurrences == 3
        assert families.list_sightings(unit, first.family.id).items == []


def test_hours_in_which_it_was_seen_are_counted_once_each():
    moments = [AT + timedelta(minutes=minutes) for minutes in (0, 10, 70, 200)]
    recorded, *_ = [record(report(last_seen=moment), at=AT + timedelta(hours=5)) for moment in moments]

    with work() as unit:
        seen = families.active_hours(unit, recorded.family.id, AT, AT + timedelta(hours=5))
        later = families.active_hours(unit, recorded.family.id, AT + timedelta(hours=1), AT + timedelta(hours=2))
    assert (seen, later) == (3, 1)


def test_a_release_was_first_heard_of_when_any_report_named_it():
    record(report(release="1.2"), at=AT)
    record(report("Another wording altogether", release="1.2"), at=AT + timedelta(hours=1))

    with work() as unit:
        assert families.first_heard_of(unit, "1.2") == AT
        assert families.first_heard_of(unit, "1.3") is None


def test_an_alert_that_is_told_late_fires_no_more_once_it_has_ended():
    recorded = record(report(key="one", fires=True))
    with work() as unit:
        families.end_sighting(unit, recorded.new.origin, "one", AT)

    record(report(key="one", fires=True, count=2))

    with work() as unit:
        assert not families.is_firing(unit, recorded.family.id)
