"""What time it is: the one place that asks the machine, so that a test can say otherwise."""

from datetime import UTC, datetime, timedelta

_ahead = timedelta()


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC) + _ahead


def ahead() -> timedelta:
    """How far this process's clock was moved: for statements that ask the database for the moment at which they hold a lock."""
    return _ahead


def travel(by: timedelta) -> None:
    """From here on, in this process, the clock is further ahead by this much (or back, where it is negative)."""
    global _ahead  # noqa: PLW0603 - a process has one clock
    _ahead += by
