"""Sockets become WebSocket API events; `@connections` reaches them through unmodified boto3."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from socket import SHUT_RDWR

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from infra.laptop.doors.sockets import SocketsDoor
from tests.integration.laptop import fake_functions
from tests.integration.laptop.conftest import Laptop


def events(kind: str, connection_id: str | None = None) -> list[dict]:
    return [event for seen, its, event in list(fake_functions.SEEN["sockets"]) if seen == kind and connection_id in (None, its)]


def wait_for_event(kind: str, connection_id: str) -> dict:
    deadline = time.monotonic() + 5
    while not events(kind, connection_id):
        assert time.monotonic() < deadline, f"no {kind}"
        time.sleep(0.01)
    return events(kind, connection_id)[-1]


@pytest.fixture
def socket(laptop: Laptop) -> Iterator[tuple[ClientConnection, str]]:
    with connect(f"{laptop.ws}?key=ok&ticket=t1", compression=None) as opened:
        yield opened, events("CONNECT")[-1]["requestContext"]["connectionId"]


def test_connecting_shows_the_ticket_and_the_address(laptop: Laptop, socket: tuple[ClientConnection, str]) -> None:
    event = events("CONNECT", socket[1])[0]

    assert event["queryStringParameters"] == {"key": "ok", "ticket": "t1"}
    context = event["requestContext"]
    assert (context["routeKey"], context["stage"], context["domainName"]) == ("$connect", "ws", f"127.0.0.1:{laptop.port}")
    assert event["headers"]["upgrade"] == "websocket"


def test_a_message_arrives_with_its_connection(socket: tuple[ClientConnection, str]) -> None:
    socket[0].send('{"watch": "board"}')

    event = wait_for_event("MESSAGE", socket[1])
    assert (event["body"], event["requestContext"]["routeKey"]) == ('{"watch": "board"}', "$default")


def test_boto3_sends_asks_and_hangs_up(laptop: Laptop, socket: tuple[ClientConnection, str]) -> None:
    opened, connection_id = socket
    management = laptop.management()

    management.post_to_connection(ConnectionId=connection_id, Data=b'{"hello": "\xc3\xa4"}')
    assert json.loads(opened.recv(timeout=5)) == {"hello": "ä"}
    known = management.get_connection(ConnectionId=connection_id)
    assert known["Identity"]["SourceIp"] == "127.0.0.1"
    assert known["ConnectedAt"] <= known["LastActiveAt"]
    management.delete_connection(ConnectionId=connection_id)
    with pytest.raises(ConnectionClosed):
        opened.recv(timeout=5)


def test_who_is_gone_is_410(laptop: Laptop) -> None:
    with connect(laptop.ws) as opened:
        connection_id = events("CONNECT")[-1]["requestContext"]["connectionId"]
    wait_for_event("DISCONNECT", connection_id)
    management = laptop.management()

    for call in (
        lambda: management.post_to_connection(ConnectionId=connection_id, Data=b"x"),
        lambda: management.get_connection(ConnectionId="never="),
    ):
        with pytest.raises(management.exceptions.GoneException):
            call()
    assert opened.close_code == 1000


def test_a_disconnect_is_told_with_its_code(laptop: Laptop) -> None:
    with connect(laptop.ws) as opened:
        connection_id = events("CONNECT")[-1]["requestContext"]["connectionId"]

        opened.close(4001)

    assert wait_for_event("DISCONNECT", connection_id)["requestContext"]["disconnectStatusCode"] == 4001


def test_a_connection_cut_without_a_word_is_told_too(laptop: Laptop) -> None:
    with connect(laptop.ws) as opened:
        connection_id = events("CONNECT")[-1]["requestContext"]["connectionId"]

        opened.socket.shutdown(SHUT_RDWR)

    assert wait_for_event("DISCONNECT", connection_id)["requestContext"]["disconnectStatusCode"] != 1000


@pytest.mark.parametrize(("key", "status", "words"), [("refused", 401, b"this ticket is spent"), ("broken", 500, b"Internal server error")])
def test_a_refused_connection_sees_the_handlers_status(laptop: Laptop, key: str, status: int, words: bytes) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"{laptop.ws}?key={key}")

    assert refusal.value.response.status_code == status
    assert words in refusal.value.response.body


def test_another_path_has_no_socket(laptop: Laptop) -> None:
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{laptop.port}/other")


def test_a_handler_that_fails_at_a_message_is_said_on_the_socket(socket: tuple[ClientConnection, str]) -> None:
    socket[0].send("fail")

    assert json.loads(socket[0].recv(timeout=5))["message"] == "Internal server error"


def test_a_message_of_128_kb_in_frames_of_32_passes(socket: tuple[ClientConnection, str]) -> None:
    socket[0].send(["x" * (32 * 1024)] * 4)

    assert len(wait_for_event("MESSAGE", socket[1])["body"]) == 128 * 1024


@pytest.mark.parametrize("message", ["x" * (32 * 1024 + 1), ["x" * 32 * 1024] * 4 + ["y"]], ids=["frame", "message"])
def test_a_larger_frame_or_message_ends_the_connection(socket: tuple[ClientConnection, str], message: str | list[str]) -> None:
    socket[0].send(message)

    with pytest.raises(ConnectionClosed) as ending:
        socket[0].recv(timeout=5)
    assert ending.value.rcvd
    assert ending.value.rcvd.code == 1009


def test_pushing_more_than_128_kb_is_refused(laptop: Laptop, socket: tuple[ClientConnection, str]) -> None:
    management = laptop.management()

    with pytest.raises(management.exceptions.PayloadTooLargeException):
        management.post_to_connection(ConnectionId=socket[1], Data=b"x" * (128 * 1024 + 1))


def test_connections_answers_nobody_without_a_signature(laptop: Laptop, socket: tuple[ClientConnection, str]) -> None:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    unsigned = boto3.client(
        "apigatewaymanagementapi", endpoint_url=laptop.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )

    with pytest.raises(ClientError, match="MissingAuthentication"):
        unsigned.post_to_connection(ConnectionId=socket[1], Data=b"x")


@pytest.mark.parametrize("limit", ["idle_s", "life_s"])
def test_an_idle_or_old_connection_is_ended(laptop: Laptop, limit: str) -> None:
    sockets = laptop.doors._sockets
    sockets["/short"] = SocketsDoor(laptop.doors._invokers["sockets"], stage="short", **{limit: 0.3})

    with connect(f"ws://127.0.0.1:{laptop.port}/short") as opened, pytest.raises(ConnectionClosed) as ending:
        opened.recv(timeout=5)
    assert ending.value.rcvd
    assert ending.value.rcvd.code == 1001


def test_many_sockets_get_their_messages(laptop: Laptop) -> None:
    management = laptop.management()
    with ExitStack() as stack:
        opened = [stack.enter_context(connect(laptop.ws)) for _ in range(30)]
        ids = [event["requestContext"]["connectionId"] for event in events("CONNECT")[-30:]]

        for connection_id in ids:
            management.post_to_connection(ConnectionId=connection_id, Data=connection_id.encode())

        assert [one.recv(timeout=5) for one in opened] == ids
