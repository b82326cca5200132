"""The books as a decision opens them: what all decisions share, with the limits in force."""

from dispatch.kit.settings import Limits, settings
from dispatch.kit.work import Work
from dispatch.spawning import books_store, policy
from dispatch.spawning.fact_shapes import Books, ClosedSwitch
from dispatch.spawning.limit_shapes import SwitchScope


def open_books(work: Work) -> tuple[Books, int, Limits]:
    """The books as they are now, the policy's version, and its limits."""
    return read_books(work, books_store.select_books(work.conn))


def read_books(work: Work, books: Books) -> tuple[Books, int, Limits]:
    """The books with what is not in the database: the settings. A change of theirs may be a new version of the policy."""
    version, limits = policy.settle_limits(work, books.policy)
    if settings().spawn_kill_switch:
        books.kill_switches.insert(0, ClosedSwitch(scope=SwitchScope.EVERYTHING, value="", reason="SPAWN_KILL_SWITCH is set"))
    return books, version, limits
