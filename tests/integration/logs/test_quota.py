"""How often the logs may be asked: by a run, by a person, at once; and that each question is written down."""

import threading
from uuid import UUID

import psycopg
import pytest

from dispatch import logs
from dispatch.kit.actors import Actor, ActorKind
from dispatch.kit.errors import DispatchError
from dispatch.kit.work import close_connection, work
from dispatch.logs import Asker, NotConnected, QuotaSpent, RunHasEnded, TooManyQueries
from tests import doing
from tests.conftest import Clock
from tests.integration.logs.conftest import ADA, Shop

AGENT = Actor(kind=ActorKind.AGENT, name="auto-investigate agent")


@pytest.fixture
def agent(repository: str, queues: object, shop: Shop) -> Asker:
    """A run that was claimed."""
    claim = doing.start(doing.ask(doing.make_issue()))
    return Asker(actor=AGENT, run_id=claim.run)


def log(database: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as conn:
        return conn.execute("SELECT asker, query, params, rows, refusal, took_ms FROM log_query ORDER BY asked_at").fetchall()


def at_once(number: int, ask: object) -> list[str]:
    """What became of so many questions asked at the same moment, each over a connection of its own."""
    outcomes: list[str] = []
    start = threading.Barrier(number)

    def one() -> None:
        start.wait()
        try:
            ask()  # type: ignore[operator]
            outcomes.append("answered")
        except DispatchError as error:
            outcomes.append(error.code)
        finally:
            close_connection()

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_each_question_is_written_down_with_who_asked_and_no_secret(shop: Shop, database: str) -> None:
    shop.said(5)
    shop.ask("search", text="Payment", limit=10)
    shop.ask("search", text="sk_live_4eC39HqLyjWDarjtT1zdp7dc")

    (first, second) = log(database)
    assert first[:5] == ("person:Ada", "search", {"text": "Payment", "limit": "10"}, 1, None)
    assert isinstance(first[5], int)
    assert "sk_live" not in str(second)


def test_a_refusal_is_written_down_too(shop: Shop, database: str) -> None:
    shop.loki.answer = (500, "")

    with pytest.raises(DispatchError):
        shop.ask("errors")

    assert log(database)[0][3:5] == (None, "loki_silent")


def test_questions_at_once_never_pass_a_runs_quota(shop: Shop, agent: Asker, setting: pytest.MonkeyPatch, database: str) -> None:
    setting.setenv("LOG_QUERIES_PER_RUN", "3")

    outcomes = at_once(8, lambda: shop.ask("errors", agent))

    assert sorted(outcomes) == ["answered"] * 3 + ["quota_spent"] * 5
    assert len(log(database)) == 3


def test_questions_at_once_never_pass_the_rate(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.logs.service.MOST_LATELY", 4)

    assert at_once(7, lambda: shop.ask("errors")).count("too_many_queries") == 3


def test_a_rate_that_was_reached_opens_again_and_a_quota_does_not(
    shop: Shop, agent: Asker, setting: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("dispatch.logs.service.MOST_LATELY", 1)
    setting.setenv("LOG_QUERIES_PER_RUN", "2")
    shop.ask("errors", agent)
    with pytest.raises(TooManyQueries):
        shop.ask("errors", agent)

    clock.travel(minutes=2)
    shop.ask("errors", agent)
    clock.travel(minutes=2)

    with pytest.raises(QuotaSpent):
        shop.ask("errors", agent)


def test_what_one_asks_is_not_counted_as_anothers(shop: Shop, agent: Asker, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("LOG_QUERIES_PER_RUN", "1")
    shop.ask("errors", ADA)
    shop.ask("errors", agent)

    shop.ask("errors", ADA)


def test_a_run_that_has_ended_asks_nothing_any_more(shop: Shop, agent: Asker, database: str) -> None:
    with psycopg.connect(database) as conn:
        conn.execute("UPDATE run SET state = 'finished', outcome = 'completed', finished_at = now() WHERE id = %s", (agent.run_id,))

    with pytest.raises(RunHasEnded):
        shop.ask("errors", agent)
    assert shop.loki.asked == []


def test_a_run_that_never_was_asks_nothing(shop: Shop) -> None:
    with pytest.raises(RunHasEnded):
        shop.ask("errors", Asker(actor=AGENT, run_id=UUID(int=7)))


def test_without_a_loki_nothing_is_asked_and_nothing_counts(shop: Shop, setting: pytest.MonkeyPatch, database: str) -> None:
    setting.setenv("LOKI_URL", "")

    with pytest.raises(NotConnected, match="LOKI_URL"):
        shop.ask("errors")
    assert log(database) == []


def test_old_questions_are_forgotten(shop: Shop, database: str, clock: Clock) -> None:
    shop.ask("errors")
    clock.travel(days=31)
    shop.ask("errors")

    with work() as unit:
        assert logs.forget_old_queries(unit) == 1
