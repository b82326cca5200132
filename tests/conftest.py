"""Every test that touches rows finds a database with nothing in it, as migrations made it."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from moto import mock_aws
from psycopg import sql

from dispatch.kit import clock as clock_room
from dispatch.kit import migrate, queue, settings, work
from tests.databases import Kept
from tests.github_door import GitHub, open_github
from tests.loki_door import SELECTOR, Loki, open_loki

AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-central-1"}


class Queues:
    """Our two queues, read from their other end."""

    def __init__(self, sqs: Any, spawns: str, turns: str) -> None:
        self._sqs = sqs
        self._addresses = {"spawns": spawns, "turns": turns}

    def take(self, name: str) -> list[dict[str, Any]]:
        """Every message that waits in `spawns` or `turns`, taken off."""
        taken: list[dict[str, Any]] = []
        address = self._addresses[name]
        while found := self._sqs.receive_message(QueueUrl=address, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
            for message in found:
                taken.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])
        return taken


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running Postgres with pgvector: `TEST_PG_URL`'s where it is given, else an embedded one."""
    if given := os.environ.get("TEST_PG_URL"):
        yield given
        return
    from infra.laptop import postgres

    server = postgres.start(tmp_path_factory.mktemp("postgres") / "data", durable=False)
    yield server.url
    server.remove()


@pytest.fixture(scope="session")
def template(postgres_server: str, worker_id: str) -> str:
    """The name of a database with every migration applied, from which each test's own is cloned."""
    name = f"template_{worker_id}"
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate.apply(_url(postgres_server, name))
    return name


@pytest.fixture(scope="session")
def kept_database(postgres_server: str, template: str, worker_id: str) -> Kept:
    """The worker's own database."""
    return Kept(postgres_server, f"test_{worker_id}", template)


@pytest.fixture
def database(kept_database: Kept, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a database with nothing in it but what migrations put there; the rooms use it too."""
    url = kept_database.clean()
    monkeypatch.setenv("PG_DATABASE_URL", url)
    settings.settings.cache_clear()
    work.close_connection()
    yield url
    work.close_connection()
    settings.settings.cache_clear()


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """`setting.setenv(NAME, value)`: settings are read afresh in this test and after it."""

    class Reset:
        def setenv(self, name: str, value: str) -> None:
            monkeypatch.setenv(name, value)
            settings.settings.cache_clear()

    yield Reset()  # type: ignore[misc]
    settings.settings.cache_clear()


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queues]:
    """SQS as moto has it, with our two queues; ask it what was sent."""
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        sqs = queue._sqs()  # one for the whole process, as in a function: making it takes longer than most tests
        spawns = sqs.create_queue(QueueName="spawns")["QueueUrl"]
        turns = sqs.create_queue(QueueName="turns.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        monkeypatch.setenv("SQS_SPAWNS_URL", spawns)
        monkeypatch.setenv("SQS_TURNS_URL", turns)
        settings.settings.cache_clear()
        yield Queues(sqs, spawns, turns)
    settings.settings.cache_clear()


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """There is a target repository."""
    monkeypatch.setenv("GITHUB_REPO", "acme/shop")
    settings.settings.cache_clear()
    yield "acme/shop"
    settings.settings.cache_clear()


@pytest.fixture
def github_door(setting: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A GitHub that takes any token; the settings point at it."""
    with open_github() as door:
        setting.setenv("GITHUB_API_URL", door.url)
        setting.setenv("GITHUB_OIDC_ISSUER", door.url)
        setting.setenv("GITHUB_TOKEN", "a-token")
        yield door


@pytest.fixture
def loki(setting: pytest.MonkeyPatch) -> Iterator[Loki]:
    """A Loki without a line; the settings point at it."""
    with open_loki() as door:
        setting.setenv("LOKI_URL", door.url)
        setting.setenv("LOKI_SELECTOR", SELECTOR)
        yield door


class Clock:
    """Time, to be moved."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def travel(self, **by: float) -> None:
        """`travel(minutes=4)`: it is four minutes later now."""
        self._ahead += timedelta(**by)
        clock_room.travel(timedelta(**by))

    def back(self) -> None:
        """It is now again."""
        clock_room.travel(-self._ahead)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The program's clock, set back after the test."""
    moved = Clock()
    yield moved
    moved.back()


@pytest.fixture(scope="session")
def project() -> Path:
    """The repository's root."""
    return Path(__file__).parent.parent


def _url(server: str, name: str) -> str:
    return server.rsplit("/", 1)[0] + "/" + name
