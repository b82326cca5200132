"""The laptop and the cloud are one: the same requests and messages have the same answers, at real doors and in built bundles."""

import base64
import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg import sql
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dispatch import orchestrator
from dispatch.kit import queue, work
from dispatch.kit.work import work as open_work
from tests import doing
from tests.cloud import events
from tests.cloud.conftest import API_KEY, SETTINGS, Cloud
from tests.cloud.emulator import Emulated
from tests.cloud.laptop import Laptop, opened
from tests.cloud.requests import Maker, Request
from tests.cloud.runtime_api import Container
from tests.integration.conftest import Connections

OF_THE_DOOR = {"date", "content-length", "apigw-requestid"}  # API Gateway adds these, and the laptop's door does
PASSING = [  # what differs between two instances of anything
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "an-id"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "an-id"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "a-time"),
    (re.compile(r"\bd[a-z]{1,3}_[A-Za-z0-9_-]{20,}"), "a-secret"),
]


@dataclass(frozen=True)
class Answer:
    """What a client sees."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Sides:
    """Twins that began with the same rows: a laptop, and functions in the cloud, each started once it is asked."""

    laptop: Laptop
    start: Callable[[str], Container | Emulated]
    known: dict[str, str]
    run_token: str
    started: dict[str, Container | Emulated] = field(default_factory=dict)

    def ask(self, function: str, event: Any) -> Any:
        """The cloud's answer."""
        if function not in self.started:
            self.started[function] = self.start(function)
        return self.started[function].invoke(event)


@pytest.fixture(params=["client", "emulator"])
def sides(request: pytest.FixtureRequest, cloud: Cloud, database: str, setting: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sides]:
    """Each on its own copy of a database in which an issue has a plan, a run is under way and a chat was begun."""
    taken = socket.create_server(("127.0.0.1", 0))
    here = {"AWS_ENDPOINT_URL_SQS": cloud.sqs.url, "AWS_DEFAULT_REGION": cloud.sqs.region}
    for name, value in {**SETTINGS, **here, **cloud.queues, "SOCKETS_ENDPOINT": f"http://127.0.0.1:{taken.getsockname()[1]}"}.items():
        setting.setenv(name, value)
    queue._sqs.cache_clear()
    known, run_token = _begin()
    work.close_connection()
    with _copied(database) as twin, opened(cloud.sqs, tmp_path, taken) as laptop:
        start = cloud.start if request.param == "client" else cloud.emulate
        yield Sides(laptop, lambda name: start(name, twin), known, run_token)
        cloud.close()
    queue._sqs.cache_clear()


def test_every_route_answers_alike(sides: Sides, project: Path):
    spec = json.loads((project / "openapi.json").read_text())
    maker = Maker(spec, sides.known, {"machine": API_KEY, "run": sides.run_token})

    with httpx2.Client(base_url=sides.laptop.url, timeout=30) as client:
        answers = {request.name: (_at_home(client, request), _in_the_cloud(sides, "api", request)) for request in maker.requests()}

    assert [(name, *pair) for name, pair in answers.items() if pair[0] != pair[1]] == []
    assert {answer.status for answer, _ in answers.values()} >= {200, 201, 401, 403, 404, 409, 413, 422}
    assert not [name for name, (answer, _) in answers.items() if answer.status >= 500 and answer.status != 503]
    assert sum(name.endswith(" by nobody") for name in answers) == sum(len(methods) for methods in spec["paths"].values())


def test_every_message_of_a_socket_is_answered_alike(sides: Sides, connections: Connections):
    issue, run, chat = (sides.known[name] for name in ("issue", "run", "chat_id"))
    messages = [
        {"watch": "board"},
        {"watch": f"issue:{issue}", "after": 1},
        {"watch": f"run:{run}"},
        {"watch": f"chat:{chat}"},
        {"watch": "board", "after": -1},
        {"watch": "nothing"},
        {"unwatch": "board"},
        {"unwatch": "nothing"},
        {"say": {"chat": chat, "text": "hello"}},
        {"say": {"run": run, "text": "hello"}},
        {"say": {"run": run, "chat": chat, "text": "hello"}},
        {"say": {"text": "hello"}},
        {"say": {"run": sides.known["plan"], "text": "hello"}},
        {"watch": "board", "unwatch": "board"},
        {},
        [],
        "words",
    ]
    sides.ask("sockets", events.socket("$connect", "cloud=", ticket=_ticket_in_the_cloud(sides)))

    with pytest.raises(InvalidStatus) as refused, connect(f"{sides.laptop.sockets_url}?ticket=dk_nobody"):
        pass
    assert sides.ask("sockets", events.socket("$connect", "b=", ticket="dk_nobody"))["statusCode"] == refused.value.response.status_code

    with connect(f"{sides.laptop.sockets_url}?ticket={_ticket_at_home(sides)}") as client:
        for message in messages:
            text = json.dumps(message)
            before = len(connections.messages("cloud="))
            sides.ask("sockets", events.socket("$default", "cloud=", body=text))
            expected = [_normal(one) for one in connections.messages("cloud=")[before:]]
            client.send(text)
            assert (message, [_normal(json.loads(client.recv(10))) for _ in expected]) == (message, expected)
        assert _left(client) == []


def test_every_webhook_answers_alike(sides: Sides):
    requests = [
        Request(f"{method} {source}", method, f"/api/{source}/webhook", body, bearer)
        for source in ("github", "sentry", "loki", "slack")
        for method, body in (("GET", b""), ("PUT", b"{}"), ("POST", b"{}"), ("POST", b"[17"), ("POST", b"\xff"))
        for bearer in (None, API_KEY)
    ]

    with httpx2.Client(base_url=sides.laptop.url, timeout=30) as client:
        answers = [(request, _at_home(client, request), _in_the_cloud(sides, "webhooks", request)) for request in requests]

    assert [(request.name, home, cloud) for request, home, cloud in answers if home != cloud] == []
    assert {home.status for _, home, _ in answers} >= {200, 401, 405, 503}


def _begin() -> tuple[dict[str, str], str]:
    """What is there on both sides, by the names that paths have for it; and the token of the run under way."""
    plan = doing.propose(doing.make_issue("The discount is taken twice"))
    issue = doing.make_issue()
    claim = doing.start(doing.ask(issue))
    with open_work() as unit:
        chat = orchestrator.create_chat(unit, actor=doing.ADA)
    known = {"ref": issue.identifier, "issue": issue.id, "run": claim.run, "chat_id": chat.id, "topic": "board", "plan": plan.id}
    return {name: str(value) for name, value in known.items()}, claim.run_token


@contextmanager
def _copied(database: str) -> Iterator[str]:
    """The address of a copy of the database."""
    server, _, name = database.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(f"{name}_twin"), sql.Identifier(name)))
        yield f"{database}_twin"
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(f"{name}_twin")))


def _headers(request: Request) -> dict[str, str]:
    return {"content-type": "application/json"} | ({"authorization": f"Bearer {request.bearer}"} if request.bearer else {})


def _at_home(client: httpx2.Client, request: Request) -> Answer:
    found = client.request(request.method, request.path, content=request.body, headers=_headers(request))
    return _answer(found.status_code, dict(found.headers), found.content)


def _in_the_cloud(sides: Sides, function: str, request: Request) -> Answer:
    found = sides.ask(function, events.http(request.method, request.path, request.body, headers=_headers(request)))
    body = base64.b64decode(found["body"]) if found.get("isBase64Encoded") else (found["body"] or "").encode()
    cookies = {"set-cookie": ", ".join(found["cookies"])} if found.get("cookies") else {}
    return _answer(found["statusCode"], found["headers"] | cookies, body)


def _answer(status: int, headers: dict[str, str], body: bytes) -> Answer:
    text = body.decode()
    shown = {name.lower(): _normal(value) for name, value in headers.items() if name.lower() not in OF_THE_DOOR}
    return Answer(status, shown, _normal(json.loads(text) if "json" in shown.get("content-type", "") and text else text))


def _normal(given: Any) -> Any:
    """The same without what passes."""
    match given:
        case dict():
            return {name: _normal(value) for name, value in given.items()}
        case list():
            return [_normal(value) for value in given]
        case str():
            for pattern, word in PASSING:
                given = pattern.sub(word, given)
            return given
        case _:
            return given


def _left(client: ClientConnection) -> list[str]:
    try:
        return [str(client.recv(0.2))]
    except TimeoutError:
        return []


def _ticket_at_home(sides: Sides) -> str:
    return httpx2.post(f"{sides.laptop.url}/api/sockets/ticket", headers={"authorization": f"Bearer {API_KEY}"}).json()["ticket"]


def _ticket_in_the_cloud(sides: Sides) -> str:
    return events.read(sides.ask("api", events.http("POST", "/api/sockets/ticket", headers={"authorization": f"Bearer {API_KEY}"})))[
        "ticket"
    ]
