"""Whoever publishes waits for a bounded time, however many watch and however slow the sockets' door is."""

import logging
import threading
import time
from collections.abc import Iterator

import pytest

from benchmarks.pushes import Server, Slow
from dispatch.clients import sockets


@pytest.fixture
def slow(setting, monkeypatch) -> Iterator[type[Slow]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setattr(sockets, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(Slow, "answer_s", 0.1)
    monkeypatch.setattr(Slow, "taken", 0)
    with Server(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        setting.setenv("SOCKETS_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        yield Slow
        server.shutdown()


def test_more_watchers_than_there_is_time_for_are_given_up_together(slow, caplog):
    began = time.monotonic()

    with caplog.at_level(logging.WARNING):
        gone = sockets.post_all({f"socket-{n}": [b"{}"] for n in range(20_000)})

    assert gone == []
    assert slow.taken < 20_000
    assert time.monotonic() - began < 5
    assert sum(record.message == "pushes lost" for record in caplog.records) == 1
