"""A database that can pause is left alone while nothing is under way, and whoever comes ends that."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import psycopg
import pytest

from dispatch import stream
from dispatch.kit import clock as present
from dispatch.kit import rest
from dispatch.kit.work import close_connection, work
from functions.verifier.handler import handler as verify
from tests import doing

NAME = "/dispatch/rests-until"
MORNING = datetime(2027, 3, 1, 7, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def morning(database, queues, setting, clock, monkeypatch):
    """It is twenty past seven, and the database may rest."""
    monkeypatch.setenv("REST_PARAMETER", NAME)
    boto3.client("ssm").put_parameter(Name=NAME, Value=MORNING.replace(year=2000).isoformat(), Type="String", Overwrite=True)
    clock.travel(seconds=(MORNING - present.now()).total_seconds())
    close_connection()


def minute() -> dict[str, Any]:
    """One event of the schedules, in a container whose connection may be frozen."""
    return verify({"schedule": "sweep"}, None)


def is_resting() -> bool:
    return "rests_until" in minute()


def come(act: Any = lambda _: None) -> None:
    """Somebody's request, in a container of its own that ends with it."""

    def request() -> None:
        with work() as unit:
            act(unit)
        close_connection()

    there = threading.Thread(target=request)
    there.start()
    there.join()


def rows(database: str, query: Any) -> list[Any]:
    with psycopg.connect(database) as conn:
        return conn.execute(query).fetchall()


def test_where_nothing_is_under_way_the_next_event_finds_a_rest_and_does_not_connect(database, clock):
    minute()

    assert minute() == {"rests_until": present.now().replace(hour=12, minute=0, second=0, microsecond=0).isoformat()}
    assert rows(database, "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dispatch'") == []


def test_a_resting_verifier_still_tells_that_it_is_awake(capsys):
    minute()
    capsys.readouterr()

    minute()

    assert '"Sweeps": 1.0' in capsys.readouterr().out


def test_whoever_connects_ends_the_rest():
    minute()

    come()

    assert rest.rests_until() is None


def test_there_is_no_rest_while_somebody_else_is_connected():
    with work():
        done = threading.Thread(target=minute)
        done.start()
        done.join()

    close_connection()
    assert rest.rests_until() is None


def test_who_comes_while_the_rest_begins_is_not_overlooked(monkeypatch):
    tell = rest._tell

    def tell_slowly(until: datetime) -> None:
        monkeypatch.setattr(rest, "_tell", tell)
        come(doing_work)
        tell(until)

    def doing_work(unit: Any) -> None:
        stream.connect(unit, "socket", caller={})

    monkeypatch.setattr(rest, "_tell", tell_slowly)
    minute()

    assert rest.rests_until() is None


def test_who_died_while_the_rest_began_leaves_one_that_the_next_to_come_ends(database):
    boto3.client("ssm").put_parameter(Name=NAME, Value="2030-01-01T00:00:00+00:00", Overwrite=True)
    with psycopg.connect(database) as conn:
        conn.execute("INSERT INTO rest (since, until) VALUES (now(), now() + interval '4 hours')")

    come()

    assert (rest.rests_until(), rows(database, "SELECT FROM rest")) == (None, [])


@pytest.mark.parametrize(
    "under_way",
    [
        pytest.param(lambda unit: stream.connect(unit, "socket", caller={}), id="a socket"),
        pytest.param(
            lambda unit: unit.conn.execute(
                "INSERT INTO delivery (source, id, event, body, received_at, try_at) VALUES ('x', '1', 'e', '{}', now(), %s)",
                [unit.now + timedelta(minutes=5)],
            ),
            id="a delivery that is tried again in five minutes",
        ),
        pytest.param(
            lambda unit: unit.conn.execute(
                "WITH kept AS (INSERT INTO notice (id, kind, key, body, created_at) "
                "VALUES (gen_random_uuid(), 'k', 'k', '{}', now()) RETURNING id) "
                "INSERT INTO notice_target (notice_id, endpoint, try_at) SELECT id, 'somewhere', now() FROM kept"
            ),
            id="a notice",
        ),
    ],
)
def test_what_is_under_way_or_due_soon_keeps_the_schedules_going(under_way):
    come(under_way)

    minute()

    assert rest.rests_until() is None


def test_an_unfinished_run_keeps_the_schedules_going(repository):
    spawn = doing.ask(doing.make_issue())
    minute()
    assert not is_resting()

    claim = doing.start(spawn)
    minute()
    assert not is_resting()

    doing.end(claim, outcome="no_changes_needed", summary="Nothing to do.")
    close_connection()
    minute()
    assert is_resting()


def test_what_is_due_later_says_when_the_rest_ends(clock):
    at = present.now() + timedelta(minutes=50)
    come(
        lambda unit: unit.conn.execute(
            "INSERT INTO delivery (source, id, event, body, received_at, try_at) VALUES ('x', '1', 'e', '{}', now(), %s)", [at]
        )
    )
    minute()

    assert minute() == {"rests_until": at.isoformat()}
    clock.travel(minutes=51)
    assert not is_resting()


def test_a_rest_ends_by_itself_at_a_quarter_of_the_day(clock):
    minute()
    clock.travel(hours=4, minutes=40)

    assert "reconcile" in verify({"schedule": "reconcile"}, None)


def test_where_the_parameter_does_not_answer_everybody_works(monkeypatch):
    minute()
    monkeypatch.setenv("REST_PARAMETER", "/no/such")

    assert not is_resting()


def test_where_no_parameter_is_named_nothing_rests(monkeypatch):
    monkeypatch.setenv("REST_PARAMETER", "")

    minute()

    assert not is_resting()
