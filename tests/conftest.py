"""Every test that touches rows gets a database of its own, cloned from a migrated template."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from dispatch.kit import migrate, settings, work

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running Postgres with pgvector: `PG_DATABASE_URL`'s where it is given, else an embedded one."""
    import os

    if given := os.environ.get("TEST_PG_URL"):
        yield given
        return
    from infra.laptop import postgres

    server = postgres.start(tmp_path_factory.mktemp("postgres") / "data")
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def template(postgres_server: str, worker_id: str) -> str:
    """The name of a database with every migration applied, from which each test's own is cloned."""
    name = f"template_{worker_id}"
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate.apply(_url(postgres_server, name))
    return name


@pytest.fixture
def database(postgres_server: str, template: str, worker_id: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a fresh, migrated database; the rooms use it too."""
    name = f"test_{worker_id}_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(name), sql.Identifier(template)))
        url = _url(postgres_server, name)
        monkeypatch.setenv("PG_DATABASE_URL", url)
        settings.settings.cache_clear()
        work.close_connection()
        yield url
        work.close_connection()
        settings.settings.cache_clear()
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """`setting.setenv(NAME, value)`: settings are read afresh in this test and after it."""

    class Reset:
        def setenv(self, name: str, value: str) -> None:
            monkeypatch.setenv(name, value)
            settings.settings.cache_clear()

    yield Reset()  # type: ignore[misc]
    settings.settings.cache_clear()


@pytest.fixture(scope="session")
def project() -> Path:
    """The repository's root."""
    return Path(__file__).parent.parent


def _url(server: str, name: str) -> str:
    return server.rsplit("/", 1)[0] + "/" + name
