"""The WebSocket door: tickets, watching without loss, and saying things."""

import json
import random
import threading
from uuid import uuid4

import psycopg
import pytest

from dispatch import stream
from dispatch.kit import work as works
from dispatch.kit.work import work
from functions.stream.sockets import handler


def event(route: str, socket: str, *, body: str | None = None, ticket: str | None = None):
    return {
        "requestContext": {"routeKey": route, "connectionId": socket, "eventType": "MESSAGE", "identity": {"sourceIp": "203.0.113.7"}},
        "queryStringParameters": {"ticket": ticket} if ticket is not None else None,
        "body": body,
        "isBase64Encoded": False,
    }


def say(socket: str, message) -> int:
    body = message if isinstance(message, str) else json.dumps(message)
    return handler(event("$default", socket, body=body), None)["statusCode"]


def publish(topic: str, count: int = 1):
    for _ in range(count):
        with work() as unit:
            stream.publish(unit, topic, "thing.changed", {})


@pytest.fixture
def connect(owner, connections):
    """`connect("a")`: a socket opened with the owner's ticket."""

    def open_socket(socket: str, api=owner) -> int:
        ticket = api.post("/api/sockets/ticket").json["ticket"]
        return handler(event("$connect", socket, ticket=ticket), None)["statusCode"]

    return open_socket


def test_a_ticket_opens_one_socket_once(owner, connections):
    made = owner.post("/api/sockets/ticket").json

    assert handler(event("$connect", "a", ticket=made["ticket"]), None) == {"statusCode": 200}
    assert handler(event("$connect", "b", ticket=made["ticket"]), None) == {"statusCode": 401}


def test_a_ticket_used_twice_at_once_opens_one_socket(owner, connections):
    ticket = owner.post("/api/sockets/ticket").json["ticket"]
    statuses: list[int] = []

    def try_it(n: int):
        statuses.append(handler(event("$connect", f"s{n}", ticket=ticket), None)["statusCode"])
        works.close_connection()

    threads = [threading.Thread(target=try_it, args=[n]) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] + [401] * 11


def test_a_ticket_is_too_old_after_a_minute(owner, connections, clock):
    ticket = owner.post("/api/sockets/ticket").json["ticket"]

    clock.travel(seconds=61)

    assert handler(event("$connect", "a", ticket=ticket), None)["statusCode"] == 401


@pytest.mark.parametrize("ticket", [None, "", "x", "dpw_" + "a" * 43, "a" * 5000])
def test_a_wrong_ticket_of_any_length_is_401(instance, connections, ticket):
    assert handler(event("$connect", "a", ticket=ticket), None) == {"statusCode": 401}


def test_a_stranger_gets_no_ticket(stranger):
    assert stranger.post("/api/sockets/ticket").status == 401


def test_who_watches_gets_what_was_missed_and_then_what_comes(connect, connections):
    publish("board", 5)
    connect("a")

    say("a", {"watch": "board", "after": 2})
    publish("board", 2)

    assert [frame["seq"] for frame in connections.frames("a")] == [3, 4, 5, 6, 7]
    assert {"ping": {"board": 5}} in connections.messages("a")


def test_a_long_absence_is_made_up_for_in_pages(connect, connections):
    with work() as unit:
        for _ in range(1_234):
            stream.publish(unit, "board", "thing.changed", {"text": "x" * 100})
    connect("a")

    say("a", {"watch": "board", "after": 0})

    assert [frame["seq"] for frame in connections.frames("a")] == list(range(1, 1_235))
    assert max(len(body) for body in connections.bodies["a"]) <= 32 * 1024


def test_nothing_is_lost_between_reading_and_live_while_others_publish(connect, connections):
    """Sockets come and go while frames commit: together, what they are sent is every frame after where they asked."""
    stop = threading.Event()

    def publisher():
        while not stop.is_set():
            publish("board")
        works.close_connection()

    publishers = [threading.Thread(target=publisher) for _ in range(4)]
    for thread in publishers:
        thread.start()
    asked: dict[str, int] = {}
    chance = random.Random(7)
    try:
        for n in range(25):
            socket = f"s{n}"
            connect(socket)
            with work() as unit:
                asked[socket] = max(0, stream.newest(unit, "board") - chance.randint(0, 8))
            say(socket, {"watch": "board", "after": asked[socket]})
    finally:
        stop.set()
        for thread in publishers:
            thread.join()

    with work() as unit:
        newest = stream.newest(unit, "board")
    assert newest > 50
    for socket, after in asked.items():
        assert {frame["seq"] for frame in connections.frames(socket)} >= set(range(after + 1, newest + 1)), socket


def test_who_unwatches_gets_no_more(connect, connections):
    connect("a")
    say("a", {"watch": "board", "after": 0})
    publish("board")

    say("a", {"unwatch": "board"})
    publish("board")

    assert [frame["seq"] for frame in connections.frames("a")] == [1]


def test_a_socket_that_closes_leaves_nothing_behind(connect, connections, database):
    connect("a")
    say("a", {"watch": "board", "after": 0})

    handler(event("$disconnect", "a"), None)

    with psycopg.connect(database) as conn:
        assert conn.execute("SELECT (SELECT count(*) FROM connection), (SELECT count(*) FROM watch)").fetchone() == (0, 0)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("nonsense", "not_understood"),
        ("", "not_understood"),
        ("[]", "not_understood"),
        ('{"watch": 3}', "not_understood"),
        ('{"watch": "board", "after": -1}', "not_understood"),
        ('{"watch": "board", "after": 99999999999999999999}', "not_understood"),
        ('{"watch": "board", "unwatch": "board"}', "not_understood"),
        ("{}", "not_understood"),
        ('{"say": {"text": "to nobody"}}', "not_understood"),
        ('{"say": {"chat": "not-an-id", "text": "x"}}', "not_understood"),
        ('{"watch": "portal:acme"}', "no_such_topic"),
        ('{"watch": "run:../../etc"}', "no_such_topic"),
        ('{"watch": "board\\u0000"}', "no_such_topic"),
        ("[" * 100_000, "not_understood"),
    ],
)
def test_what_makes_no_sense_is_answered_with_an_error(connect, connections, message, code):
    connect("a")

    assert say("a", message) == 200

    (answer,) = connections.messages("a")
    assert answer["error"]["code"] == code
    assert answer["error"]["detail"]


def test_an_error_about_a_topic_names_it(connect, connections):
    connect("a")

    say("a", {"watch": "portal:acme"})

    assert connections.messages("a")[0]["error"]["topic"] == "portal:acme"


def test_a_socket_nobody_opened_watches_nothing(instance, connections, database):
    say("ghost", {"watch": "board", "after": 0})

    assert connections.messages("ghost")[0]["error"]["code"] == "not_signed_in"
    with psycopg.connect(database) as conn:
        assert conn.execute("SELECT count(*) FROM watch").fetchone() == (0,)


def test_a_viewer_may_watch_but_not_speak(owner, stranger, connect, connections):
    owner.post("/api/people", {"name": "Ada", "role": "viewer", "password": "a long enough one"})
    stranger.sign_in("a long enough one", name="Ada")
    connect("a", stranger)
    publish("board")

    say("a", {"watch": "board", "after": 0})
    say("a", {"say": {"run": str(uuid4()), "text": "stop"}})
    say("a", {"say": {"chat": str(uuid4()), "text": "hello"}})

    assert [frame["seq"] for frame in connections.frames("a")] == [1]
    assert [message["error"]["code"] for message in connections.messages("a") if "error" in message] == ["missing_right"] * 2


def test_what_is_said_to_a_run_that_is_not_there_is_answered(connect, connections):
    connect("a")

    say("a", {"say": {"run": str(uuid4()), "text": "hello"}})

    assert "error" in connections.messages("a")[0]


def test_the_sockets_do_not_load_what_they_do_not_need():
    """A cold start pays for every import."""
    import subprocess
    import sys

    program = "import sys, functions.stream.sockets; print(*{'fastapi', 'starlette', 'mangum', 'anthropic', 'boto3', 'argon2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


def test_who_loses_their_rights_loses_their_sockets(owner, stranger, connect, connections):
    ada = owner.post("/api/people", {"name": "Ada", "role": "viewer", "password": "a long enough one"}).json
    stranger.sign_in("a long enough one", name="Ada")
    connect("hers", stranger)
    connect("mine")
    for socket in ("hers", "mine"):
        say(socket, {"watch": "board", "after": 0})

    owner.patch(f"/api/people/{ada['id']}", {"disabled": True})
    publish("board")
    say("hers", {"watch": "fleet", "after": 0})

    assert connections.frames("hers") == []
    assert connections.messages("hers")[-1]["error"]["code"] == "not_signed_in"
    assert len(connections.frames("mine")) == 1


def test_a_revoked_token_loses_its_sockets(owner, stranger, connect, connections):
    made = owner.post("/api/tokens", {"name": "wall", "scopes": ["read"]}).json
    stranger.bearer = made["token"]
    connect("wall", stranger)
    say("wall", {"watch": "board", "after": 0})

    owner.delete(f"/api/tokens/{made['id']}")
    publish("board")

    assert connections.frames("wall") == []
