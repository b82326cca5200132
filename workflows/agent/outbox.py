"""Events on their way to the server: numbered without gaps, kept on disk until they are taken, sent in batches, in order.

The spool is an append-only file of one JSON event a line. Each event is handed to the operating system before `add` returns, so it survives
this process; fsync follows at most once a second, so a machine that dies loses a second. Where the spool cannot be written (a full disk),
it says so once, and events wait in memory; past `MEMORY_LIMIT` the oldest of them keep their numbers but lose their content.
"""

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from agent.server import RefusedError, StaleClaimError, encoded
from agent.web import UnreachableError

GATHER_S = 0.1  # a batch gathers this long; the promise is 300 ms from the event to its leaving
BATCH_LIMIT = 250 * 1024  # bytes; the protocol's limit is 256 KB with its envelope
BATCH_EVENTS = 500  # the server takes 1000
MEMORY_LIMIT = 32 * 1024 * 1024
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 10.0
SYNC_EVERY_S = 1.0


class Receiver(Protocol):
    """Who takes batches: the server."""

    def send_events(self, events: bytes) -> Any:
        """Stores a JSON array of events; raises as `agent.server` says."""


@dataclass
class Pending:
    """An event that the server has not taken yet: in the spool at `offset`, or, where the spool failed, in `held`."""

    seq: int
    added: float
    length: int
    offset: int
    held: bytes | None = None


class Outbox:
    """Takes events from any thread; one thread of its own sends them.

    `on_stale` is called once, when the server says the claim is over; `on_waits` whenever it says that something waits for this runner.
    """

    def __init__(
        self,
        receiver: Receiver,
        spool: Path,
        *,
        secrets: list[str],
        on_stale: Callable[[], None],
        on_waits: Callable[[], None] = lambda: None,
    ) -> None:
        self.receiver = receiver
        self.on_stale = on_stale
        self.on_waits = on_waits
        self.secrets = [json.dumps(secret)[1:-1].encode() for secret in secrets if len(secret) >= 8]
        self.file = os.open(spool, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.end_of_spool = os.fstat(self.file).st_size
        self.synced = time.monotonic()
        self.newest = 0
        self.held_bytes = 0
        self.disk_failed = False
        self.pending: deque[Pending] = deque()
        self.changed = threading.Condition()
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self._send_all, name="outbox", daemon=True)

    def start(self) -> "Outbox":
        """The sending thread runs."""
        self.thread.start()
        return self

    def add(self, kind: str, data: dict[str, Any]) -> None:
        """Numbers an event, stores it and lets it be sent."""
        with self.changed:
            self._take(kind, data)
            self.changed.notify_all()

    def notice(self, level: str, text: str) -> None:
        """The runner's own words for those who watch."""
        self.add("notice", {"level": level, "text": text})

    def drain(self, timeout_s: float) -> bool:
        """Waits until the server has taken everything, or the time or the claim is over; answers whether it has."""
        with self.changed:
            return self.changed.wait_for(lambda: not self.pending or self.closed.is_set(), timeout_s) and not self.pending

    def close(self) -> None:
        """Nothing more is sent. What was not taken stays in the spool."""
        self.closed.set()
        with self.changed:
            self.changed.notify_all()

    def masked(self, text: str) -> str:
        """`text` without any secret the runner knows."""
        for secret in self.secrets:
            text = text.replace(secret.decode(), "[masked]")
        return text

    def _take(self, kind: str, data: dict[str, Any]) -> None:
        self.newest += 1
        body = self._encode(self.newest, kind, data)
        item = Pending(self.newest, time.monotonic(), len(body), self.end_of_spool)
        self.pending.append(item)
        try:
            self._append(body + b"\n")
            self.disk_failed = False
        except OSError as error:
            item.held = body
            self.held_bytes += item.length
            self._make_room()
            self._tell_of_disk(error)

    def _encode(self, seq: int, kind: str, data: dict[str, Any]) -> bytes:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = encoded({"seq": seq, "at": at, "kind": kind, "data": data})
        for secret in self.secrets:
            body = body.replace(secret, b"[masked]")
        return body

    def _append(self, line: bytes) -> None:
        written = os.write(self.file, line)
        if written < len(line):  # a disk that fills up takes a part: take it back, or the next line would begin inside it
            os.ftruncate(self.file, self.end_of_spool)
            raise OSError("the disk is full")
        self.end_of_spool += written
        if time.monotonic() - self.synced > SYNC_EVERY_S:
            os.fsync(self.file)
            self.synced = time.monotonic()

    def _tell_of_disk(self, error: OSError) -> None:
        if not self.disk_failed:
            self.disk_failed = True
            self._take("notice", {"level": "warning", "text": f"The runner's spool cannot be written ({error}); events wait in memory."})

    def _make_room(self) -> None:
        said = {"level": "error", "text": "An event was lost here: the runner's disk and memory were full while the server was away."}
        for old in self.pending:
            if self.held_bytes <= MEMORY_LIMIT:
                return
            if old.held and old.length > 512:
                self.held_bytes -= old.length
                old.held = self._encode(old.seq, "notice", said)
                old.length = len(old.held)
                self.held_bytes += old.length

    def _send_all(self) -> None:
        wait = FIRST_WAIT_S
        while batch := self._next_batch():
            try:
                self._send(batch)
                wait = FIRST_WAIT_S
            except UnreachableError:
                self.closed.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT_S)
            except StaleClaimError:
                self.close()
                self.on_stale()

    def _next_batch(self) -> list[Pending]:
        with self.changed:
            self.changed.wait_for(lambda: bool(self.pending) or self.closed.is_set())
            if not self.closed.is_set():
                left = self.pending[0].added + GATHER_S - time.monotonic()
                self.changed.wait_for(lambda: self.closed.is_set() or len(self._fitting()) < len(self.pending), max(left, 0))
            return [] if self.closed.is_set() else self._fitting()

    def _fitting(self) -> list[Pending]:
        size, batch = 2, []
        for item in self.pending:
            size += item.length + 1
            if batch and (size > BATCH_LIMIT or len(batch) == BATCH_EVENTS):
                break
            batch.append(item)
        return batch

    def _send(self, batch: list[Pending]) -> None:
        bodies = [self._body(item) for item in batch]
        answer = None
        try:
            answer = self.receiver.send_events(b"[" + b",".join(bodies) + b"]")
        except RefusedError as error:
            self._send_refused(bodies, error)
        self._forget(batch)
        if isinstance(answer, dict) and answer.get("waits"):
            self.on_waits()

    def _send_refused(self, bodies: list[bytes], error: RefusedError) -> None:
        """Sends a refused batch one by one; what is refused even so leaves its number, and why, in its place."""
        for body in bodies:
            seq = json.loads(body)["seq"]
            for attempt in (body, self._encode(seq, "notice", {"level": "error", "text": f"The server refused this event: {error}"})):
                try:
                    self.receiver.send_events(b"[" + attempt + b"]")
                    break
                except RefusedError:
                    continue

    def _forget(self, batch: list[Pending]) -> None:
        with self.changed:
            for _ in batch:
                item = self.pending.popleft()
                self.held_bytes -= item.length if item.held else 0
            self.changed.notify_all()

    def _body(self, item: Pending) -> bytes:
        return item.held if item.held is not None else os.pread(self.file, item.length, item.offset)
