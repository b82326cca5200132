"""A container's one connection: a database that sleeps, a password that was changed, a proxy between."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import dispatch
from dispatch.kit.work import close_connection, connection, work

SLEPT_S = 1.5


@pytest.fixture
def asleep(database: str) -> Iterator[str]:
    """The address of a database that takes its time to answer, as one does that slept."""
    there = urlsplit(database)
    door = socket.create_server(("127.0.0.1", 0))

    def wake() -> None:
        with suppress(OSError):
            near, _ = door.accept()
            time.sleep(SLEPT_S)
            far = socket.create_connection((there.hostname, there.port))
            for ends in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=ends, daemon=True).start()

    threading.Thread(target=wake, daemon=True).start()
    yield database.replace(f":{there.port}/", f":{door.getsockname()[1]}/")
    close_connection()
    door.close()


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while said := here.recv(65536):
            there.sendall(said)


def test_the_first_call_after_a_pause_waits_and_does_not_fail(asleep, setting):
    setting.setenv("PG_DATABASE_URL", asleep)
    close_connection()

    began = time.monotonic()
    with work() as unit:
        assert unit.conn.execute("SELECT 1").fetchone() == (1,)

    assert time.monotonic() - began >= SLEPT_S


def test_a_password_that_was_changed_is_read_again(database, setting, monkeypatch):
    setting.setenv("PG_DATABASE_URL", re.sub(r":[^:@]+@", ":the-old-one@", database))
    close_connection()
    from dispatch.kit.settings import settings

    settings()  # known as it was
    monkeypatch.setenv("PG_DATABASE_URL", database)

    with work() as unit:
        assert unit.conn.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(("proxied", "prepared"), [("yes", 0), ("", 1)])
def test_behind_a_proxy_nothing_is_prepared_for_a_session(database, monkeypatch, proxied, prepared):
    monkeypatch.setenv("DATABASE_IS_PROXIED", proxied)
    close_connection()

    for _ in range(10):
        with work() as unit:
            unit.conn.execute("SELECT now()")

    found = connection().execute("SELECT FROM pg_prepared_statements WHERE statement = 'SELECT now()'", prepare=False).fetchall()
    assert len(found) == prepared


def test_no_statement_leaves_anything_to_the_session_but_the_migrations_lock():
    leaves = re.compile(r"""pg_(try_)?advisory_lock\(|["']\s*(SET|LISTEN|PREPARE|DECLARE) (?!LOCAL)|CREATE TEMP|setval\(|nextval\(""")
    ours = Path(dispatch.__path__[0])

    found = {path.relative_to(ours).as_posix() for path in ours.rglob("*.py") if leaves.search(path.read_text())}

    assert found == {"kit/migrate.py"}  # it connects, migrates and goes
