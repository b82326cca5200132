"""Loki's API: whose credentials a question carries, and what becomes of answers that are late, endless, strange or none."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.clients import loki as client
from dispatch.kit.errors import DispatchError, TooMany
from tests.loki_door import SELECTOR, Loki, basic

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def read(limit: int = 10, patience_s: float = 5, **more: Any) -> list[client.Entry]:
    return client.read_lines(SELECTOR, NOW - HOUR, NOW, limit=limit, deadline=time.monotonic() + patience_s, **more)


def refusal(patience_s: float = 5) -> DispatchError:
    with pytest.raises(DispatchError) as caught:
        read(patience_s=patience_s)
    return caught.value


def stream(*values: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "streams", "result": [{"stream": {"app": "shop"}, "values": list(values)}]}}


def test_lines_come_newest_first_or_oldest_first(loki: Loki) -> None:
    for minutes in (3, 1, 2):
        loki.say(NOW - timedelta(minutes=minutes), f"{minutes} ago")

    assert [entry.line for entry in read(limit=2)] == ["1 ago", "2 ago"]
    assert [entry.line for entry in read(limit=2, order="forward")] == ["3 ago", "2 ago"]


def test_a_question_carries_the_token_and_the_tenant(loki: Loki, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("LOKI_TOKEN", "a-token")
    setting.setenv("LOKI_TENANT", "acme")

    read()

    headers = loki.asked[0][2]
    assert (headers["authorization"], headers["x-scope-orgid"]) == ("Bearer a-token", "acme")


def test_a_question_carries_the_user_where_there_is_no_token(loki: Loki, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("LOKI_USER", "ada")
    setting.setenv("LOKI_PASSWORD", "open sesame")

    read()

    assert loki.asked[0][2]["authorization"] == basic("ada", "open sesame")


@pytest.mark.parametrize("missing", ["LOKI_URL", "LOKI_SELECTOR"])
def test_without_an_address_or_a_selector_there_are_no_logs(loki: Loki, setting: pytest.MonkeyPatch, missing: str) -> None:
    setting.setenv(missing, "")

    assert isinstance(refusal(), client.NotConnected)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, client.LokiRefused),
        (401, client.LokiLocked),
        (403, client.LokiLocked),
        (404, client.LokiGarbled),
        (302, client.LokiGarbled),
        (429, TooMany),
        (500, client.LokiSilent),
        (503, client.LokiSilent),
    ],
)
def test_each_way_to_say_no_is_told_apart(loki: Loki, status: int, kind: type[Exception]) -> None:
    loki.answer = (status, "the query\x1b[31m is \x00 wrong")

    refused = refusal()

    assert type(refused) is kind
    assert refused.sentence.isprintable()


def test_what_loki_says_against_a_query_is_passed_on(loki: Loki) -> None:
    loki.answer = (400, "maximum of series (500) reached")

    assert "maximum of series (500) reached" in refusal().sentence


HOSTILE = [
    "",
    "<html>a proxy's page</html>",
    "[]",
    "null",
    '"success"',
    "[" * 100_000,
    {"status": "error"},
    {"status": "success", "data": None},
    {"status": "success", "data": {"resultType": "matrix", "result": []}},
    {"status": "success", "data": {"resultType": "streams", "result": {}}},
    {"status": "success", "data": {"resultType": "streams", "result": [1]}},
    {"status": "success", "data": {"resultType": "streams", "result": [{"stream": {"a": 1}, "values": []}]}},
    {"status": "success", "data": {"resultType": "streams", "result": [{"stream": [], "values": []}]}},
    stream(["soon", "x"]),
    stream(["9" * 30, "x"]),
    stream(["1772366400000000000", 7]),
    stream(["1772366400000000000"]),
    stream(7),
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_an_answer_that_is_not_lokis_is_refused_whole(loki: Loki, body: Any) -> None:
    loki.answer = (200, body)

    assert isinstance(refusal(), client.LokiGarbled)


@pytest.mark.parametrize("value", ["NaN", "+Inf", "many", None, {}])
def test_a_count_that_is_no_number_is_refused(loki: Loki, value: Any) -> None:
    vector = {"resultType": "vector", "result": [{"metric": {}, "value": [1, value]}]}
    loki.answer = (200, {"status": "success", "data": vector})

    with pytest.raises(client.LokiGarbled):
        client.count_at("sum(x)", NOW, deadline=time.monotonic() + 5)


def test_a_loki_that_never_answers_is_not_waited_for(loki: Loki) -> None:
    loki.during = lambda: time.sleep(3)
    began = time.monotonic()

    assert isinstance(refusal(patience_s=0.3), client.LokiSilent)
    assert time.monotonic() - began < 2


def test_an_answer_that_drips_is_not_waited_for(loki: Loki) -> None:
    def drip(door: Any) -> None:
        door.send_response(200)
        door.end_headers()
        for _ in range(40):
            door.wfile.write(b" ")
            time.sleep(0.1)

    loki.answer = drip
    began = time.monotonic()

    assert isinstance(refusal(patience_s=0.5), client.LokiSilent)
    assert time.monotonic() - began < 2


def test_an_answer_without_an_end_is_read_no_further_than_its_bound(loki: Loki) -> None:
    sent = 0

    def pour(door: Any) -> None:
        nonlocal sent
        door.send_response(200)
        door.end_headers()
        while sent < 10 * client.MOST_BYTES:
            sent += door.wfile.write(b"x" * 65536)

    loki.answer = pour

    assert isinstance(refusal(), client.TooMuch)
    assert sent < 3 * client.MOST_BYTES


def test_a_connection_that_breaks_off_is_no_answer(loki: Loki) -> None:
    def break_off(door: Any) -> None:
        door.send_response(200)
        door.send_header("content-length", "1000")
        door.end_headers()
        door.wfile.write(json.dumps(stream()).encode()[:20])

    loki.answer = break_off

    assert isinstance(refusal(), client.LokiSilent)


def test_nobody_at_the_address_is_no_answer(loki: Loki, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("LOKI_URL", "http://127.0.0.1:1")

    assert isinstance(refusal(), client.LokiSilent)


def test_an_address_with_a_password_in_it_is_no_setting(setting: pytest.MonkeyPatch) -> None:
    from dispatch.kit.settings import BadSetting

    setting.setenv("LOKI_URL", "http://ada:sesame@loki:3100")

    with pytest.raises(BadSetting) as caught:
        client.is_connected()
    assert "sesame" not in caught.value.sentence


@pytest.mark.parametrize("selector", ["{}", 'app="shop"', '{app="shop"} |= "x"', '{app="shop"', '{app="a" or b="c"}'])
def test_a_selector_that_is_more_or_less_than_one_is_no_setting(setting: pytest.MonkeyPatch, selector: str) -> None:
    from dispatch.kit.settings import BadSetting

    setting.setenv("LOKI_URL", "http://loki")
    setting.setenv("LOKI_SELECTOR", selector)

    with pytest.raises(BadSetting):
        client.is_connected()
