"""The toll: an agent's calls to its model go through one by one, counted and with the key put on, or not at all."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from agent.engines import engine_named
from agent.toll import Toll

USAGE = {"input_tokens": 1000, "input_tokens_details": {"cached_tokens": 400}, "output_tokens": 50}
STREAM = f"event: response.completed\ndata: {json.dumps({'type': 'response.completed', 'response': {'usage': USAGE}})}\n\n"
KEY = "the-key-of-the-job"


class Upstream:
    """A model's API on loopback: answers every POST with `answer`, of that kind."""

    def __init__(self) -> None:
        self.answer, self.kind, self.status = STREAM, "text/event-stream", 200
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.hold = threading.Event()
        self.hold.set()
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                upstream.asked.append((self.path, dict(self.headers), body))
                upstream.hold.wait(10)
                self.send_response(upstream.status)
                self.send_header("Content-Type", upstream.kind)
                self.end_headers()
                self.wfile.write(upstream.answer.encode())

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.server.shutdown()
    upstream.server.server_close()


class Asking:
    """A toll, what it told, and a way to ask through it."""

    def __init__(self, address: str, *, admits: bool = True) -> None:
        self.told: list[dict[str, Any]] = []
        api = engine_named("codex").api
        assert api is not None
        access = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": address}
        self.toll = Toll(api, access, tell=self.told.append, admits=lambda: admits)

    def ask(self, key: str | None = None) -> tuple[int, str]:
        access = self.toll.access
        headers = {"Authorization": f"Bearer {key or access['OPENAI_API_KEY']}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{access['OPENAI_BASE_URL']}/responses", b'{"model": "m"}', headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def events(self) -> list[str]:
        return [line["event"]["type"] for line in self.told]


@pytest.fixture
def through(upstream: Upstream) -> Iterator[Asking]:
    asking = Asking(upstream.url)
    yield asking
    asking.toll.close()


def test_a_call_reaches_the_api_with_the_key_that_the_agent_never_had(through: Asking, upstream: Upstream) -> None:
    status, said = through.ask()

    assert (status, said) == (200, STREAM)
    ((path, headers, body),) = upstream.asked
    assert (path, headers["Authorization"], body) == ("/v1/responses", f"Bearer {KEY}", b'{"model": "m"}')
    assert KEY not in through.toll.access.values()


def test_a_call_is_told_from_its_begin_to_its_cost(through: Asking) -> None:
    through.ask()

    start, cost, stop = [line["event"] for line in through.told]
    assert (start["type"], start["message"]["id"], stop["type"]) == ("message_start", "call-1", "message_stop")
    assert cost["usage"] == {
        "input_tokens": 600,
        "cache_read_input_tokens": 400,
        "cache_creation_input_tokens": 0,
        "output_tokens": 50,
    }


def test_an_answer_in_one_piece_is_counted_too(through: Asking, upstream: Upstream) -> None:
    upstream.kind, upstream.answer = "application/json", json.dumps({"usage": USAGE}, indent=2)

    through.ask()

    assert through.told[1]["event"]["usage"]["output_tokens"] == 50


def test_nobody_but_the_agent_is_let_in(through: Asking, upstream: Upstream) -> None:
    assert through.ask(key=KEY)[0] == 401
    assert upstream.asked == []
    assert through.told == []


def test_a_call_that_the_run_cannot_pay_is_not_begun(upstream: Upstream) -> None:
    through = Asking(upstream.url, admits=False)

    status, said = through.ask()

    assert status == 402
    assert "no room for another call" in said
    assert upstream.asked == []
    through.toll.close()


def test_what_the_api_refuses_reaches_the_agent_and_costs_nothing(through: Asking, upstream: Upstream) -> None:
    upstream.status, upstream.kind, upstream.answer = 429, "application/json", '{"error": {"message": "slow down"}}'

    assert through.ask() == (429, upstream.answer)
    assert through.events() == ["message_start", "message_stop"]


def test_an_api_that_is_away_is_said_to_be() -> None:
    through = Asking("http://127.0.0.1:1/v1")

    assert through.ask()[0] == 502
    assert through.events() == ["message_start", "message_stop"]
    through.toll.close()


def test_a_call_waits_for_the_one_before_it(through: Asking, upstream: Upstream) -> None:
    upstream.hold.clear()
    asking = [threading.Thread(target=through.ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    while not upstream.asked:
        time.sleep(0.01)
    upstream.hold.set()
    for thread in asking:
        thread.join(10)

    assert through.events() == ["message_start", "message_delta", "message_stop"] * 2
