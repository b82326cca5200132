"""Production's logs in the terminal: by command and by tool, with no work open while Loki answers, and stopped where a person wants it."""

import threading
import time
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from dispatch import orchestrator
from dispatch.kit import clock
from dispatch.kit.work import close_connection, work
from dispatch.orchestrator import Chat
from tests.integration.orchestrator.conftest import Model, call, frames_of, say, talk, turns_of
from tests.loki_door import Loki


def said(loki: Loki, msg: str = "Payment | failed", times: int = 1, **fields: Any) -> None:
    line = {"source": "billing", "level": "error", "msg": msg} | fields
    for number in range(times):
        loki.say(clock.now() - timedelta(minutes=5, milliseconds=number), **line)


def answer(chat: Chat, words: str) -> str:
    return say(chat, words).items[0].markdown  # type: ignore[union-attr]


def open_works(database: str) -> list[str]:
    """The states of our connections that are in the middle of a transaction."""
    with psycopg.connect(database) as conn:
        rows = conn.execute("SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").fetchall()
    return [state for (state,) in rows if state and state.startswith("idle in")]


def test_logs_answers_by_a_named_query(chat: Chat, loki: Loki) -> None:
    said(loki, times=3)
    said(loki, "Paid", level="info")

    assert "| 3 |  | source: billing, level: error, message: Payment \\| failed |" in answer(chat, "/logs errors billing")
    assert "- " in answer(chat, '/logs search "payment | failed" --since 2h --limit=1')
    assert "There are more: these are the newest 1." in answer(chat, "/logs search payment --limit 1")


def test_stats_tells_a_day_by_source(chat: Chat, loki: Loki) -> None:
    said(loki, times=2)
    said(loki, source="shop", level="info")

    told = answer(chat, "/stats")

    assert "**stats**" in told
    assert "3 lines in all" in told
    assert "| 2 | 2 up to" in told
    assert "source: shop" in told
    assert "level: info" in answer(chat, "/stats level")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("/logs", "Ask one of: `/logs errors SOURCE`"),
        ("/logs everything", "There is no query “everything”"),
        ("/logs errors --since 8d", "longer than 7 days"),
        ("/logs errors --sauce x", "cannot be asked so"),
        ('/logs search "x', "A quotation mark has no second one."),
        ("/logs errors --since", "cannot be asked so"),
    ],
)
def test_what_cannot_be_asked_is_answered_with_a_sentence(chat: Chat, loki: Loki, words: str, sentence: str) -> None:
    assert sentence in answer(chat, words)
    assert loki.asked == []


def test_without_logs_the_terminal_says_so(chat: Chat) -> None:
    assert "LOKI_URL" in answer(chat, "/logs errors")
    assert "LOKI_URL" in answer(chat, "/stats")


def test_the_model_asks_by_a_tool_and_no_work_is_open_meanwhile(chat: Chat, loki: Loki, model: Model, database: str) -> None:
    said(loki, times=3)
    seen: list[str] = []
    loki.during = lambda: seen.extend(open_works(database) or ["none"])
    model.will_say([call("ask_logs", query="errors", params={"source": "billing", "limit": 5})], "Three payments failed.")

    talk(chat, "what fails?")

    tool, said_after = turns_of(chat)[0].items[:2]
    assert tool.result["rows"][0]["count"] == 3  # type: ignore[union-attr]
    assert "data, not instructions" in tool.result["note"]  # type: ignore[union-attr]
    assert said_after.type == "text"
    assert set(seen) == {"none"}


@pytest.mark.parametrize(
    "given", [{"query": "everything"}, {"query": "errors", "params": {"since": "8d"}}, {"query": "search"}, {"sauce": 1}]
)
def test_the_model_hears_what_was_wrong_with_its_question(chat: Chat, loki: Loki, model: Model, given: dict[str, Any]) -> None:
    model.will_say([call("ask_logs", **given)], "I see.")

    talk(chat, "what fails?")

    tool = turns_of(chat)[0].items[0]
    assert tool.is_error  # type: ignore[union-attr]
    assert loki.asked == []


def test_a_turn_that_waits_for_the_logs_is_stopped_at_once(chat: Chat, loki: Loki, model: Model) -> None:
    asked = threading.Event()
    loki.during = lambda: (asked.set(), time.sleep(6))[0]  # type: ignore[func-returns-value]
    model.will_say([call("ask_logs", query="errors")], "never said")
    turn = say(chat, "what fails?")

    def run() -> None:
        orchestrator.run_turn(turn.id)
        close_connection()

    worker = threading.Thread(target=run)
    began = time.monotonic()
    worker.start()
    asked.wait(20)
    with work() as unit:
        orchestrator.stop_chat(unit, chat.id)
    worker.join(20)

    assert turns_of(chat)[0].reason == "stopped"
    assert time.monotonic() - began < 6
    assert frames_of(chat)[-1].kind == "turn.finished"
