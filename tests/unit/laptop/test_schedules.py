"""When a schedule is due."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.laptop.doors.schedules import next_after


@pytest.mark.parametrize(
    ("now", "period", "due"),
    [
        ("2026-11-22T15:01:02.5", timedelta(seconds=10), "2026-11-22T15:01:10"),
        ("2026-11-22T15:01:10", timedelta(seconds=10), "2026-11-22T15:01:20"),
        ("2026-11-22T15:01:02", timedelta(minutes=1), "2026-11-22T15:02:00"),
        ("2026-11-22T23:59:59.999", timedelta(days=1), "2026-11-23T00:00:00"),
        ("2026-11-22T00:00:00", timedelta(days=1), "2026-11-23T00:00:00"),
    ],
)
def test_a_schedule_is_due_at_the_next_multiple_of_its_period(now: str, period: timedelta, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()

    assert datetime.fromtimestamp(next_after(moment, period), UTC) == datetime.fromisoformat(due).replace(tzinfo=UTC)
