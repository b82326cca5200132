"""A Postgres of the measurement's own, as a laptop runs it (nothing is turned off that keeps data safe), and pgbench beside it."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from dispatch.kit import migrate, settings
from dispatch.kit.work import close_connection
from infra.laptop import postgres
from infra.laptop.postgres import place

COUNTER = "CREATE TABLE IF NOT EXISTS counter (id integer PRIMARY KEY, n bigint NOT NULL); INSERT INTO counter VALUES (1, 0)"
ONE_MORE = "UPDATE counter SET n = n + 1 WHERE id = 1"
RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)

_numbers = count(1)


@contextmanager
def server() -> Iterator[postgres.Server]:
    """A fresh server, gone afterwards with its data."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "postgres"
        with postgres.start(data) as running:
            yield running
        remove(data)


def remove(data: Path) -> None:
    """The data of a server that was started on `data` is gone, wherever it really was."""
    actual = place.data_place(data, place.lesser_account())
    for part in actual.parent.glob(f"{actual.name}*"):
        shutil.rmtree(part) if part.is_dir() else part.unlink()


def url_of(data: Path) -> str:
    """Where the database of a `dispatch up` on this data folder is, as it noted beside its data."""
    folder = place.data_place(data / "postgres", place.lesser_account())
    notes = json.loads(folder.with_name(f"{folder.name}.json").read_text())
    return f"postgresql://dispatch:{notes['password']}@127.0.0.1:{notes['port']}/dispatch"


def commit_times(url: str, *, times: int, every_s: float) -> list[float]:
    """Milliseconds that one row's change takes until it is on disk, at a steady pace: what nothing that is kept can be faster than."""
    found: list[float] = []
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(COUNTER)
        for _ in range(times):
            began = time.perf_counter()
            conn.execute(ONE_MORE)
            found.append((time.perf_counter() - began) * 1000)
            time.sleep(every_s)
        conn.execute("DROP TABLE counter")
    return found


@contextmanager
def fresh_database(running: postgres.Server, **given: object) -> Iterator[str]:
    """A migrated database of its own, which the rooms use, under these settings."""
    name = f"bench_{next(_numbers)}"
    _command(running, f"CREATE DATABASE {name}")
    os.environ |= {"PG_DATABASE_URL": running.url_for(name), **{setting: str(value) for setting, value in given.items()}}
    settings.settings.cache_clear()
    migrate.apply(running.url_for(name))
    yield running.url_for(name)
    close_connection()
    _command(running, f"DROP DATABASE {name} WITH (FORCE)")


def counter_rate(running: postgres.Server, *, clients: int, seconds: int) -> float:
    """How many times a second pgbench's clients add one to the same counter."""
    url = running.url_for("postgres")
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS counter")
        conn.execute(COUNTER)
        conn.execute("CHECKPOINT")  # what was written before is not to be waited for
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(ONE_MORE)
        script.flush()
        pgbench = place.programs_dir(place.lesser_account()) / "pgbench"
        words = [str(pgbench), "-n", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", script.name, url]
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    found = RATE.search(said)
    if not found:
        raise RuntimeError(f"pgbench told no rate:\n{said}")
    return float(found[1])


def _command(running: postgres.Server, command: str) -> None:
    with psycopg.connect(running.url_for("postgres"), autocommit=True) as conn:
        conn.execute(command)  # type: ignore[call-overload]  # our own words
