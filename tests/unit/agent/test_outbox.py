"""The way of events to the server when the disk, the server or the events themselves are trouble."""

import errno
import json
import os
from pathlib import Path

import pytest

from agent import outbox
from agent.outbox import Outbox
from agent.server import RefusedError
from agent.web import UnreachableError


class Receiver:
    """Takes batches; `refuses` and `is_away` say when it does not."""

    def __init__(self) -> None:
        self.batches: list[list[dict]] = []
        self.refuses = ""
        self.is_away = False

    def send_events(self, events: bytes) -> None:
        if self.is_away:
            raise UnreachableError
        if self.refuses and self.refuses.encode() in events:
            raise RefusedError("not this one")
        self.batches.append(json.loads(events))

    def events(self) -> list[dict]:
        return [event for batch in self.batches for event in batch]


def open_outbox(path: Path, receiver: Receiver, **more) -> Outbox:
    return Outbox(receiver, path / "events.ndjson", secrets=["a-very-secret-key"], on_stale=lambda: None, **more)


def test_batches_keep_order_and_stay_under_256_kb(tmp_path: Path) -> None:
    receiver = Receiver()
    box = open_outbox(tmp_path, receiver)
    for _ in range(50):
        box.add("message", {"text": "x" * 60_000})

    assert box.start().drain(10)
    assert [event["seq"] for event in receiver.events()] == list(range(1, 51))
    assert max(len(json.dumps(batch)) for batch in receiver.batches) < 256 * 1024


def test_the_spool_holds_every_event_before_it_is_sent(tmp_path: Path) -> None:
    box = open_outbox(tmp_path, Receiver())

    box.add("message", {"text": "kept"})

    assert json.loads((tmp_path / "events.ndjson").read_text())["data"]["text"] == "kept"


def test_secrets_and_what_a_database_cannot_hold_are_masked(tmp_path: Path) -> None:
    receiver = Receiver()
    box = open_outbox(tmp_path, receiver)

    box.add("message", {"text": "key a-very-secret-key, nul \0, half \ud800, backslash \\u0000"})

    assert box.start().drain(5)
    assert receiver.events()[0]["data"]["text"] == "key [masked], nul \ufffd, half ?, backslash \\u0000"


def test_a_full_disk_is_said_once_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = Receiver()
    box = open_outbox(tmp_path, receiver)
    box.add("message", {"text": "before"})
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        box.add("message", {"text": "one"})
        box.add("message", {"text": "two"})
    box.add("message", {"text": "after"})

    assert box.start().drain(5)
    texts = [event["data"]["text"] for event in receiver.events()]
    assert [texts[0], texts[1], texts[3], texts[4]] == ["before", "one", "two", "after"]
    assert "No space left" in texts[2]
    assert [event["seq"] for event in receiver.events()] == [1, 2, 3, 4, 5]


def test_a_disk_that_takes_half_a_line_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver, write = Receiver(), os.write
    box = open_outbox(tmp_path, receiver)
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", lambda file, line: write(file, line[:10]))
        box.add("message", {"text": "one"})
    box.add("message", {"text": "two"})

    assert box.start().drain(5)
    assert [event["data"]["text"] for event in receiver.events() if event["kind"] == "message"] == ["one", "two"]
    assert [json.loads(line)["data"]["text"] for line in (tmp_path / "events.ndjson").read_text().splitlines()] == ["two"]


def test_with_disk_and_memory_full_numbers_stay_without_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = Receiver()
    monkeypatch.setattr(outbox, "MEMORY_LIMIT", 20_000)
    box = open_outbox(tmp_path, receiver)
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        for _ in range(10):
            box.add("message", {"text": "x" * 5_000})

    assert box.start().drain(5)
    assert [event["seq"] for event in receiver.events()] == list(range(1, 12))
    assert "An event was lost here" in receiver.events()[0]["data"]["text"]
    assert receiver.events()[-1]["data"]["text"].startswith("xxx")


def test_an_event_the_server_refuses_leaves_its_number_and_the_reason(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.refuses = "poison"
    box = open_outbox(tmp_path, receiver)
    for text in ("good", "poison", "better"):
        box.add("message", {"text": text})

    assert box.start().drain(5)
    assert [(event["seq"], event["kind"]) for event in receiver.events()] == [(1, "message"), (2, "notice"), (3, "message")]
    assert "not this one" in receiver.events()[1]["data"]["text"]


def full(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")
