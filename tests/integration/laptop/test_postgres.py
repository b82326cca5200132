"""The embedded Postgres: starts, keeps its data and its address, and survives what laptops do to it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from infra.laptop import postgres
from infra.laptop.postgres import leftovers, place

linux_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a lesser account to drop to")


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    wanted = tmp_path / "postgres"
    yield wanted
    actual = place.data_place(wanted, place.lesser_account())
    for leftover in actual.parent.glob(f"{actual.name}*"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def wait_for(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def run_parent(data_dir: Path) -> tuple[subprocess.Popen[str], str, int]:
    """Another process that starts the server and sleeps; its url and the server's pid."""
    program = (
        "import sys, time, pathlib\nfrom infra.laptop import postgres\n"
        "s = postgres.start(pathlib.Path(sys.argv[1]), durable=False)\nprint(s.url, s.pid, flush=True)\ntime.sleep(120)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(data_dir)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    url, pid = parent.stdout.readline().split()
    return parent, url, int(pid)


def test_it_starts_empty_with_pgvector_and_keeps_data_and_address_across_a_stop(data_dir: Path) -> None:
    with postgres.start(data_dir) as first, psycopg.connect(first.url) as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute("CREATE TABLE kept AS SELECT '[1,2,3]'::vector AS v")
    with postgres.start(data_dir) as second, psycopg.connect(second.url) as connection:
        kept = connection.execute("SELECT v::text FROM kept").fetchone()

    assert kept == ("[1,2,3]",)
    assert second.url == first.url


def test_nobody_gets_in_without_the_password(data_dir: Path) -> None:
    with postgres.start(data_dir, durable=False) as server, pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://dispatch:wrong@127.0.0.1:{server.port}/dispatch")

    assert (server.data_dir.parent / f"{server.data_dir.name}.json").stat().st_mode & 0o777 == 0o600


def test_a_stopped_server_is_gone(data_dir: Path) -> None:
    server = postgres.start(data_dir, durable=False)

    server.stop()

    assert not answers(server.url)
    assert leftovers.running_on(server.data_dir) == []


def test_a_removed_server_leaves_nothing(data_dir: Path) -> None:
    server = postgres.start(data_dir, durable=False)

    server.remove()

    assert list(server.data_dir.parent.glob(f"{server.data_dir.name}*")) == []


def test_two_cannot_use_the_same_data(data_dir: Path) -> None:
    with postgres.start(data_dir, durable=False), pytest.raises(postgres.PostgresError, match="in use by another Dispatch"):
        postgres.start(data_dir)


def test_a_killed_parent_takes_the_server_along_and_the_next_start_works(data_dir: Path) -> None:
    parent, url, pid = run_parent(data_dir)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n int)")

    parent.kill()
    parent.wait()
    with postgres.start(data_dir, durable=False) as server, psycopg.connect(server.url) as connection:
        connection.execute("SELECT n FROM kept")

        assert server.pid != pid
        assert server.url == url


def test_a_killed_server_comes_back_on_the_same_address_with_its_data(data_dir: Path) -> None:
    with postgres.start(data_dir) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        killed = server.pid
        assert killed

        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: server.pid != killed and answers(server.url))

        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_a_server_that_outlived_its_parent_is_stopped_at_the_next_start(data_dir: Path) -> None:
    parent, url, pid = run_parent(data_dir)
    actual = place.data_place(data_dir, place.lesser_account())
    os.kill(pid, signal.SIGSTOP)  # it cannot follow its parent
    parent.kill()
    parent.wait()
    assert leftovers.running_on(actual)[0] == pid

    os.kill(pid, signal.SIGCONT)
    with postgres.start(data_dir, durable=False) as server:
        assert answers(url)
        assert server.pid != pid


def test_the_lock_file_of_a_dead_server_does_not_matter(data_dir: Path) -> None:
    with postgres.start(data_dir, durable=False) as server:
        lock_file = (server.data_dir / leftovers.LOCK_FILE).read_text()
    lines = [str(os.getpid()), *lock_file.splitlines()[1:]]  # a process lives under the number, but it is no Postgres
    (server.data_dir / leftovers.LOCK_FILE).write_text("\n".join(lines) + "\n")

    with postgres.start(data_dir, durable=False) as again:
        assert answers(again.url)


@linux_root
def test_programs_that_nobody_cannot_reach_are_copied_with_their_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "PUBLIC_DIR", tmp_path / "public")
    monkeypatch.setattr(place, "_open_to_all", lambda path: False)

    programs = place.programs_dir(place.lesser_account())

    version = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    initdb = subprocess.run([programs / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
    assert programs.is_relative_to(tmp_path / "public")
    assert "18.6" in version
    assert "18.6" in initdb
    assert all(part.stat().st_mode & 0o001 for part in (programs, *programs.parents) if part.is_relative_to(tmp_path / "public"))


def test_a_database_of_ones_own_is_checked_for_pgvector(data_dir: Path) -> None:
    with postgres.start(data_dir, durable=False) as server:
        assert postgres.check_own_database(server.url) == server.url
        with pytest.raises(postgres.PostgresError, match="PG_DATABASE_URL cannot be used"):
            postgres.check_own_database(server.url_for("absent"))
