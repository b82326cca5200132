"""Who may ask the logs over HTTP, and that nobody asks as another."""

from typing import Any

import psycopg
import pytest

from tests import doing
from tests.integration.functions.conftest import Api, instance, machine, owner, stranger
from tests.integration.logs.conftest import Shop

__all__ = ["instance", "machine", "owner", "stranger"]


@pytest.fixture
def claim(instance: None, queues: Any) -> Any:
    return doing.start(doing.ask(doing.make_issue()))


def test_a_person_asks_a_named_query(shop: Shop, owner: Api) -> None:
    shop.said(5, times=2)

    answer = owner.get("/api/logs/search?text=payment&limit=1")

    assert answer.status == 200
    assert (answer.json["query"], len(answer.json["lines"]), answer.json["truncated"]) == ("search", 1, True)
    assert answer.json["logql"].startswith('{app="shop"} |~ ')


def test_a_stranger_asks_nothing(shop: Shop, stranger: Api) -> None:
    assert stranger.get("/api/logs/errors").status == 401


@pytest.mark.parametrize("query", ["errors?limit=many", "errors?sauce=x", "search", "errors?since=8d", "activity"])
def test_what_cannot_be_asked_is_refused_with_a_sentence(shop: Shop, owner: Api, query: str) -> None:
    answer = owner.get(f"/api/logs/{query}")

    assert answer.status == 422
    assert answer.json["detail"]


def test_a_run_asks_by_its_own_token(shop: Shop, claim: Any) -> None:
    shop.said(5)

    answer = Api(bearer=claim.run_token).get(f"/api/runs/{claim.run}/logs/errors?source=billing")

    assert (answer.status, answer.json["rows"][0]["count"]) == (200, 1)


def test_a_run_asks_neither_as_another_nor_as_a_person(shop: Shop, claim: Any) -> None:
    other = doing.start(doing.ask(doing.make_issue("Another")))
    agent = Api(bearer=claim.run_token)

    assert agent.get(f"/api/runs/{other.run}/logs/errors").status == 403
    assert agent.get("/api/logs/errors").status == 403
    assert shop.loki.asked == []


def test_a_run_asks_nothing_once_it_has_ended(shop: Shop, claim: Any) -> None:
    doing.end(claim, outcome="no_changes_needed")

    assert Api(bearer=claim.run_token).get(f"/api/runs/{claim.run}/logs/errors").status in {401, 403, 409}
    assert shop.loki.asked == []


def test_nobody_asks_for_a_run_without_its_token(shop: Shop, claim: Any, owner: Api, machine: Api) -> None:
    for caller in (owner, machine):
        assert caller.get(f"/api/runs/{claim.run}/logs/errors").status == 403


def test_where_no_logs_are_connected_the_answer_says_so(owner: Api) -> None:
    answer = owner.get("/api/logs/errors")

    assert answer.status == 503
    assert "LOKI_URL" in answer.json["detail"]


def test_no_door_holds_a_work_open_while_loki_answers(shop: Shop, claim: Any, owner: Api, database: str) -> None:
    seen: list[str] = []

    def look() -> None:
        with psycopg.connect(database) as conn:
            rows = conn.execute("SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            seen.extend(str(state) for (state,) in rows)

    shop.loki.during = look
    chat = owner.post("/api/chats").json["id"]

    assert owner.get("/api/logs/errors").status == 200
    assert Api(bearer=claim.run_token).get(f"/api/runs/{claim.run}/logs/errors").status == 200
    assert "Nothing was found." in owner.post(f"/api/chats/{chat}/turns", {"text": "/logs errors"}).json["markdown"]
    assert set(seen) == {"idle"}
