"""Reports become sightings of families, and are counted exactly."""

from datetime import datetime, timedelta

import pytest

from dispatch import families
from dispatch.families import NewSighting, Recorded
from dispatch.kit.work import work
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
