"""The books as a decision opens them: what all decisions share, with the limits in force."""

from datetime import datetime

from dispatch.kit.settings import Limits, settings
from dispatch.kit.work import Work
from dispatch.spawning import books_store, policy
from dispatch.spawning.shapes import Books, ClosedSwitch, SwitchScope


def open_books(work: Work, at: datetime) -> tuple[Books, int, Limits]:
    """The books at that moment, the policy's version, and its limits."""
    books = books_store.select_books(work.conn, at=at)
    version, limits = policy.settle_limits(work, books.policy)
    if settings().spawn_kill_switch:
        books.kill_switches.insert(0, ClosedSwitch(scope=SwitchScope.EVERYTHING, value="", reason="SPAWN_KILL_SWITCH is set"))
    return books, version, limits
