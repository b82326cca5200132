"""Whom Dispatch sends nothing to, and whom it does not wait for."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from dispatch.clients import webhooks
from dispatch.clients.webhooks import NoAnswer, Refused, is_public, post
from tests.notice_door import Receiver, open_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as receiver:
        yield receiver


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
    ],
)
def test_private_and_link_local_addresses_are_not_public_however_they_are_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_everybodys_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "169.254.169.254", "[::ffff:127.0.0.1]", "0"]
)
def test_nothing_is_sent_to_a_private_address(receiver: Receiver, host: str) -> None:
    port = receiver.url.rsplit(":", 1)[1].partition("/")[0]

    with pytest.raises(Refused, match=r"is not a public address\."):
        post(f"https://{host}:{port}/told", b"{}", {})
    assert receiver.told == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https:///told",
        "https://ada:secret@example.com/",
        "",
        "https://[",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_no_webhook_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        post(url, b"{}", {})


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [(302, {"location": receiver.url})]

    assert post(receiver.url, b"{}", {}, allows_private=True).status == 302
    assert len(receiver.told) == 1


def test_what_a_url_holds_makes_no_header(receiver: Receiver) -> None:
    post(f"{receiver.url}?a=b c\u00e4&d=%0d%0aX-Evil:1", b"{}", {}, allows_private=True)

    assert receiver.told[0].path == "/told?a=b%20c%C3%A4&d=%0d%0aX-Evil:1"
    assert "x-evil" not in receiver.told[0].headers


def test_a_receiver_that_dribbles_is_left_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "TIMEOUT_S", 0.5)
    with _listen(lambda one: [(one.sendall(b"H"), time.sleep(0.1)) for _ in range(50)]) as url:
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            post(url, b"{}", {}, allows_private=True)

    assert time.monotonic() - began < 2


def test_an_answer_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with _listen(lambda one: one.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000_000)) as url:
        assert post(url, b"{}", {}, allows_private=True).status == 200


def test_who_is_not_there_is_said(receiver: Receiver) -> None:
    with pytest.raises(NoAnswer, match="does not answer"):
        post("http://127.0.0.1:9/", b"{}", {}, allows_private=True)


class _listen:
    """Somebody at `url` who takes one connection and does this with it."""

    def __init__(self, act: object) -> None:
        self._act = act
        self._socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        threading.Thread(target=self._serve, daemon=True).start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/"

    def _serve(self) -> None:
        try:
            one, _ = self._socket.accept()
            one.recv(65536)
            self._act(one)  # type: ignore[operator]
            one.close()
        except OSError:
            pass

    def __exit__(self, *_: object) -> None:
        self._socket.close()
