"""Pushing: who watches gets what is published, whole, and whoever is gone is forgotten."""

import json
import threading

import psycopg
import pytest

from dispatch import stream
from dispatch.clients.sockets import SIDE_BY_SIDE
from dispatch.kit.work import work


@pytest.fixture
def watching(database, connections):
    """`watching("a", "board", "fleet")`: a socket that watches those topics."""

    def watch(socket: str, *topics: str):
        with work() as unit:
            stream.connect(unit, socket, caller={"name": socket})
            for topic in topics:
                stream.watch(unit, socket, topic)

    return watch


def publish(*topics: str, **data):
    with work() as unit:
        for n, topic in enumerate(topics):
            stream.publish(unit, topic, "thing.changed", {"n": n} | data)


def test_every_watcher_gets_its_topics_and_nobody_elses(watching, connections):
    watching("a", "board", "fleet")
    watching("b", "board")
    watching("c", "inbox")

    publish("board", "fleet", "board")

    assert [(frame["topic"], frame["seq"]) for frame in connections.frames("a")] == [("board", 1), ("fleet", 1), ("board", 2)]
    assert [(frame["topic"], frame["seq"]) for frame in connections.frames("b")] == [("board", 1), ("board", 2)]
    assert connections.frames("c") == []


def test_a_pushed_frame_is_the_frame_that_is_read(watching, connections):
    watching("a", "board")

    publish("board", text='a "quoted" \0 line\n', deep={"list": [1, 2.5, None]})

    with work() as unit:
        (read,) = stream.read_feed(unit, "board").frames
    (pushed,) = connections.frames("a")
    assert stream.Frame.model_validate(pushed) == read


def test_frames_of_one_work_come_in_one_message(watching, connections):
    watching("a", "board")

    publish(*["board"] * 20)

    assert len(connections.bodies["a"]) == 1
    assert len(connections.frames("a")) == 20


def test_nothing_on_the_wire_is_above_32_kilobytes(watching, connections):
    watching("a", "run:1")
    texts = ["x" * 60_000, "short", '"' * 60_000, "\U0001f600" * 20_000, "é" * 31_000, "\x1b[31m" * 9_000]

    with work() as unit:
        for text in texts:
            stream.publish(unit, "run:1", "run.event", {"text": text})

    assert max(len(body) for body in connections.bodies["a"]) <= 32 * 1024
    assert [frame["data"]["text"] for frame in connections.frames("a")] == texts


def test_a_socket_that_is_gone_is_forgotten(watching, connections, database):
    watching("a", "board")
    watching("b", "board")
    connections.gone.add("a")

    publish("board")

    with psycopg.connect(database) as conn:
        assert conn.execute("SELECT id FROM connection").fetchall() == [("b",)]
        assert conn.execute("SELECT connection_id FROM watch").fetchall() == [("b",)]
    assert len(connections.frames("b")) == 1


def test_a_push_that_fails_harms_neither_the_work_nor_the_others(watching, connections):
    watching("a", "board")
    watching("b", "board")
    connections.broken.add("a")

    publish("board")
    connections.broken.clear()
    publish("board")

    assert [frame["seq"] for frame in connections.frames("b")] == [1, 2]
    assert [frame["seq"] for frame in connections.frames("a")] == [2]


def test_nothing_is_pushed_of_a_work_that_fails(watching, connections):
    watching("a", "board")

    def publish_and_give_up():
        with work() as unit:
            stream.publish(unit, "board", "thing.changed", {})
            raise LookupError

    with pytest.raises(LookupError):
        publish_and_give_up()

    assert connections.bodies == {}


def test_a_ping_tells_every_socket_where_its_topics_are(watching, connections):
    publish("board", "board")
    watching("a", "board", "inbox")
    watching("idle")
    watching("gone", "board")
    connections.gone.add("gone")

    with work() as unit:
        stream.ping_all(unit)

    assert connections.messages("a")[0]["ping"] == {"board": 2, "inbox": 0}
    assert connections.messages("idle")[0]["ping"] == {}
    with work() as unit:
        assert stream.find_connection(unit, "gone") is None


def test_pushes_share_kept_open_connections(watching, connections):
    watching("a", "board")

    for _ in range(20):
        publish("board")

    assert len(connections.frames("a")) == 20
    assert len(connections.doors) == 1


def test_many_watchers_are_served_side_by_side(watching, connections):
    for n in range(100):
        watching(f"socket-{n}", "board")

    publish("board")

    assert all(len(connections.frames(f"socket-{n}")) == 1 for n in range(100))
    assert 2 <= len(connections.doors) <= SIDE_BY_SIDE


def test_a_push_is_signed_as_botocore_signs_it(watching, connections):
    """The same request, signed by AWS's own code, carries the same signature."""
    from datetime import datetime
    from unittest.mock import patch

    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    watching("AbC=/+ d", "board")
    publish("board")

    (sent,) = connections.requests
    (body,) = connections.bodies["AbC=/+ d"]
    request = AWSRequest("POST", f"http://{sent['host']}{sent['path']}", data=body, headers={"x-amz-date": sent["x-amz-date"]})
    moment = datetime.strptime(sent["x-amz-date"], "%Y%m%dT%H%M%SZ")  # noqa: DTZ007 - botocore's clock has no zone
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        SigV4Auth(Credentials("testing", "testing"), "execute-api", "eu-west-1").add_auth(request)
    assert sent["authorization"] == request.headers["Authorization"]


def test_a_socket_has_a_limit_of_topics(watching, database):
    with pytest.raises(stream.TooManyTopics):
        watching("a", *[f"run:{n}" for n in range(101)])


def test_two_who_publish_at_once_lose_nothing_on_the_way(watching, connections):
    watching("a", "board")
    from dispatch.kit import work as works

    def publish_ten():
        for _ in range(10):
            publish("board")
        works.close_connection()

    threads = [threading.Thread(target=publish_ten) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(frame["seq"] for frame in connections.frames("a")) == list(range(1, 81))
    assert json.loads(connections.bodies["a"][0])["topic"] == "board"
