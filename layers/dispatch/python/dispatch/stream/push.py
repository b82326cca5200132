"""Pushing: frames that are true go to every socket that watches their topic. What is lost on the way is repaired by the client.

Two works that commit at nearly the same time may push in either order: a client that sees a seq that is not the next asks for the gap.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from dispatch.clients import sockets
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work
from dispatch.stream import store
from dispatch.stream.shapes import Frame

MESSAGE_BYTES = 32 * 1024  # API Gateway's largest WebSocket frame
PIECE_CHARACTERS = 7_500  # of up to 4 bytes each, in an envelope; plain ASCII at worst doubles, where it is all quotes


@dataclass(frozen=True, slots=True)
class OutgoingFrame:
    """A frame whose data is JSON text already: it is written into the database and onto the wire as it is."""

    topic: str
    seq: int
    kind: str
    at: datetime
    data: str

    @property
    def wire(self) -> str:
        """The frame as a client reads it."""
        head = json.dumps({"topic": self.topic, "seq": self.seq, "kind": self.kind, "at": self.at.isoformat()})
        return f'{head[:-1]}, "data": {self.data}}}'


def push_frames(conn: psycopg.Connection[Any], frames: Sequence[OutgoingFrame]) -> None:
    """Every watcher has been sent its frames, gathered into as few messages as they fit; sockets that are gone are forgotten."""
    if not sockets.is_configured():
        return
    wires = [(frame.topic, frame.wire) for frame in frames]
    watchers = store.watched_topics(conn, sorted({frame.topic for frame in frames}))
    gathered: dict[tuple[str, ...], list[bytes]] = {}
    for topics in map(tuple, watchers.values()):
        if topics not in gathered:
            gathered[topics] = list(gather(wire for topic, wire in wires if topic in topics))
    _send(conn, {watcher: gathered[tuple(topics)] for watcher, topics in watchers.items()})


def push_page(connection_id: str, frames: Sequence[Frame]) -> bool:
    """The frames that one socket missed have been sent to it; False where it is gone."""
    return not sockets.post_all({connection_id: list(gather(frame.model_dump_json() for frame in frames))})


def push_message(connection_id: str, message: dict[str, Any]) -> bool:
    """One message that is no frame (an error, a ping) has been sent to one socket; False where it is gone."""
    return not sockets.post_all({connection_id: list(gather([json.dumps(message)]))})


def ping_all(work: Work) -> None:
    """After the commit every socket is told the newest seq of each topic it watches, so that it notices a frame lost on its way."""
    pings = {
        connection: [json.dumps({"ping": seqs, "at": work.now.isoformat()}).encode()]
        for connection, seqs in store.all_watches(work.conn).items()
    }
    work.after_commit(lambda: _ping(work.conn, pings))


def _ping(conn: psycopg.Connection[Any], pings: dict[str, list[bytes]]) -> None:
    if sockets.is_configured():
        _send(conn, pings)


def gather(wires: Iterable[str]) -> Iterable[bytes]:
    """Messages of at most 32 KB: a frame alone is itself, several are `{"frames": [...]}`, one too large is cut in pieces."""
    held: list[str] = []
    size = 0
    for wire in wires:
        length = len(wire.encode())
        if held and size + length > MESSAGE_BYTES - 32:
            yield _together(held)
            held, size = [], 0
        if length > MESSAGE_BYTES:
            yield from _pieces(wire)
            continue
        held.append(wire)
        size += length + 1
    if held:
        yield _together(held)


def _together(wires: list[str]) -> bytes:
    text = wires[0] if len(wires) == 1 else '{"frames":[' + ",".join(wires) + "]}"
    return text.encode()


def _pieces(wire: str) -> Iterable[bytes]:
    """`n` counts from 1 to `of`; a client joins the texts in that order and reads the whole as one message."""
    whole = new_id().hex
    length = 2 * PIECE_CHARACTERS if wire.isascii() else PIECE_CHARACTERS
    texts = [wire[start : start + length] for start in range(0, len(wire), length)]
    for n, text in enumerate(texts, 1):
        yield json.dumps({"piece": {"id": whole, "n": n, "of": len(texts), "text": text}}, ensure_ascii=False).encode()


def _send(conn: psycopg.Connection[Any], messages: dict[str, list[bytes]]) -> list[str]:
    gone = sockets.post_all(messages)
    if gone:
        store.delete_connections(conn, gone)
    return gone
