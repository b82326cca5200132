"""One request or message is one transaction: `with work() as unit:` at the door. Services never commit."""

import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from os import environ
from typing import Any

from psycopg import Connection, OperationalError
from psycopg import connect as connect_postgres
from psycopg.pq import TransactionStatus

from dispatch.kit import clock
from dispatch.kit.errors import Unavailable
from dispatch.kit.log import logger
from dispatch.kit.rest import end_rest
from dispatch.kit.settings import settings

_here = threading.local()  # Lambda has one thread; the laptop's doors have several, each with a connection of its own


class Work:
    """An open transaction, the moment it began, and what is to happen around its commit."""

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        self.now: datetime = clock.now()
        self.kept: dict[str, Any] = {}  # what a room collects during the work, by the room's name
        self._before: list[Callable[[], None]] = []
        self._after: list[Callable[[], None]] = []

    def before_commit(self, effect: Callable[[], None]) -> None:
        """Do this last inside the transaction: what must be held for a moment only."""
        self._before.append(effect)

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Do this once the transaction is true. A failure is logged, never raised: the rows are the truth, a sweep finds them."""
        self._after.append(effect)

    def finish(self) -> None:
        """Runs what was to happen before the commit, in the order it was asked for."""
        for effect in self._before:
            effect()

    def tell(self) -> None:
        """Runs what was to happen after the commit."""
        for effect in self._after:
            try:
                effect()
            except Exception:  # noqa: BLE001 - the transaction is true already
                logger.exception("an effect after commit failed")


@contextmanager
def work() -> Generator[Work]:
    """Opens the transaction, commits it at the end, rolls it back on any error."""
    with ExitStack() as after, ExitStack() as transaction:
        unit = Work(_begin(transaction))
        after.callback(_leave_idle)
        yield unit
        with unit.conn.pipeline():  # the last statement and the commit travel together: what it holds, it holds for a moment only
            unit.finish()
            transaction.close()
    unit.tell()


def connection() -> Connection[Any]:
    """This thread's connection."""
    held: Connection[Any] | None = getattr(_here, "conn", None)
    if held is None or held.closed:
        held = _here.conn = _connect()
    return held


def close_connection() -> None:
    """This thread's connection is closed; the next work opens another."""
    held: Connection[Any] | None = getattr(_here, "conn", None)
    if held is not None:
        held.close()
    _here.conn = None


def _begin(transaction: ExitStack) -> Connection[Any]:
    """The connection with a transaction begun. A frozen container's may have been dropped, and looks open until it is used."""
    conn = connection()
    if conn.info.transaction_status not in {TransactionStatus.IDLE, TransactionStatus.UNKNOWN}:
        raise RuntimeError("a work is open in this thread already: pass it on instead of opening another")
    try:
        transaction.enter_context(conn.transaction())
    except OperationalError:
        close_connection()
        conn = connection()
        transaction.enter_context(conn.transaction())
    return conn


def _leave_idle() -> None:
    """A connection that broke in the middle may look busy for ever: it is closed, or this thread would never work again."""
    held: Connection[Any] | None = getattr(_here, "conn", None)
    if held is not None and held.info.transaction_status != TransactionStatus.IDLE:
        close_connection()


def _connect() -> Connection[Any]:
    try:
        try:
            return _open()
        except OperationalError as error:
            if "password" not in str(error):  # the database's words, and those of a proxy before it, have no code that could be read
                raise
            settings.cache_clear()  # it was rotated since it was read
            return _open()
    except OperationalError as error:
        raise Unavailable("The database does not answer. Try again soon.") from error


def _open() -> Connection[Any]:
    """A connection. A database that slept takes some 15 seconds to answer, and API Gateway waits for 30."""
    url = settings().pg_database_url.get_secret_value()
    conn = connect_postgres(url, autocommit=True, connect_timeout=25, application_name="dispatch")
    if environ.get("DATABASE_IS_PROXIED"):
        conn.prepare_threshold = None  # after a rollback psycopg says DEALLOCATE ALL, and the proxy gives this client a connection for good
    end_rest(conn)
    return conn
