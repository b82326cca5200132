"""Feeds: what is published in a work gets its seqs last, just before the commit, and goes to the watchers just after it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.kit.wire import to_json
from dispatch.kit.work import Work
from dispatch.stream import store
from dispatch.stream.push import OutgoingFrame, push_frames
from dispatch.stream.shapes import FeedPage

PAGE = 500  # frames; a screen that comes back reads in pages of these


@dataclass(frozen=True, slots=True)
class _Draft:
    """A frame without its seq; `data` is JSON text, or what makes it while its topic is held."""

    topic: str
    kind: str
    key: str
    data: str | Callable[[], str]


def publish(work: Work, topic: str, kind: str, data: Any) -> None:
    """The frame is in its feed when the work commits, and on its way to every watcher right after.

    `data` is a pydantic shape or plain values; it is written down now, so that later changes to it do not show.
    """
    _drafts(work).append(_Draft(topic, str(kind), "", to_json(data)))


def publish_change(work: Work, topic: str, kind: str) -> None:
    """Whoever watches the topic hears, once for however many times it is said in one work, that what it is about has changed."""
    draft = _Draft(topic, str(kind), "", "{}")
    if draft not in _drafts(work):
        _drafts(work).append(draft)


def publish_latest(work: Work, topic: str, kind: str, make: Callable[[], Any], *, key: str = "") -> None:
    """Like `publish`, for snapshots: however often it is said in one work, there is one frame per `key`, by the last `make`.

    `make` runs while the topic is held, so it sees every earlier snapshot's cause; it should be one quick query, and publish nothing.
    """
    drafts = _drafts(work)
    drafts[:] = [draft for draft in drafts if (draft.topic, draft.kind, draft.key) != (topic, str(kind), key)]
    drafts.append(_Draft(topic, str(kind), key, lambda: to_json(make())))


def read_feed(work: Work, topic: str, *, after: int = 0, limit: int = PAGE) -> FeedPage:
    """Frames of the topic after a seq, in order, at most `limit` of them."""
    newest_before = newest(work, topic)
    frames = store.frames_after(work.conn, topic, after=after, limit=limit)
    return FeedPage(topic=topic, frames=frames, newest=max(newest_before, frames[-1].seq if frames else 0))


def newest(work: Work, topic: str) -> int:
    """The seq of the topic's newest frame; 0 where there is none."""
    return store.newest_seqs(work.conn, [topic]).get(topic, 0)


def _drafts(work: Work) -> list[_Draft]:
    """This work's frames so far. The first to ask arranges for their commit: after all that others do before it, as topics are held."""
    drafts: list[_Draft] | None = work.kept.get("stream")
    if drafts is None:
        drafts = work.kept["stream"] = []
        work.before_commit(lambda: work.before_commit(lambda: _write_down(work)))
    return drafts


def _write_down(work: Work) -> None:
    drafts: list[_Draft] = work.kept.pop("stream")
    if all(isinstance(draft.data, str) for draft in drafts):  # nothing has to be made while topics are held: one statement does it all
        texts = [str(draft.data) for draft in drafts]
        told = store.append_frames(work.conn, [(d.topic, d.kind, text) for d, text in zip(drafts, texts, strict=True)], at=work.now)
        work.after_commit(lambda: push_frames(work.conn, list(_numbered(drafts, texts, dict(told.fetchall()), work.now))))
    else:
        newest_seqs = store.take_numbers(work.conn, Counter(draft.topic for draft in drafts))
        texts = [draft.data if isinstance(draft.data, str) else draft.data() for draft in drafts]
        frames = list(_numbered(drafts, texts, newest_seqs, work.now))
        store.insert_frames(work.conn, [(frame.topic, frame.seq, frame.kind, frame.data) for frame in frames], at=work.now)
        work.after_commit(lambda: push_frames(work.conn, frames))


def _numbered(drafts: list[_Draft], texts: list[str], newest_seqs: dict[str, int], at: datetime) -> Iterator[OutgoingFrame]:
    next_seqs = {topic: newest_seqs[topic] - count for topic, count in Counter(draft.topic for draft in drafts).items()}
    for draft, text in zip(drafts, texts, strict=True):
        next_seqs[draft.topic] += 1
        yield OutgoingFrame(draft.topic, next_seqs[draft.topic], draft.kind, at, text)
