"""Feeds: gapless, in the order of their commits, and read back page by page."""

import random
import threading
from collections import defaultdict

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from dispatch import stream
from dispatch.kit import work as works
from dispatch.kit.work import Work, work

THREADS = 32


def in_threads(jobs):
    """Every job in a thread of its own, all at once; errors come out here."""
    errors: list[BaseException] = []

    def guarded(job):
        try:
            job()
        except BaseException as error:
            errors.append(error)
        finally:
            works.close_connection()

    threads = [threading.Thread(target=guarded, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


class GaveUp(Exception):
    """A work that is rolled back on purpose."""


def test_seqs_are_gapless_however_many_publish_and_give_up_at_once(database: str):
    topics = [f"run:{n}" for n in range(5)]

    def publisher(seed: int):
        chance = random.Random(seed)

        def publish_some():
            for step in range(10):
                try:
                    with work() as unit:
                        for topic in chance.choices(topics, k=chance.randint(1, 4)):
                            stream.publish(unit, topic, "run.event", {"by": seed, "step": step})
                        if chance.random() < 0.2:
                            raise GaveUp
                except GaveUp:
                    pass

        return publish_some

    in_threads([publisher(seed) for seed in range(THREADS)])

    with psycopg.connect(database) as conn:
        seqs = defaultdict(list)
        for topic, seq in conn.execute("SELECT topic, seq FROM frame ORDER BY topic, seq"):
            seqs[topic].append(seq)
        newest = dict(conn.execute("SELECT topic, seq FROM feed").fetchall())
    assert set(seqs) == set(topics)
    for topic in topics:
        assert seqs[topic] == list(range(1, newest[topic] + 1))


def test_a_reader_that_follows_newest_never_meets_a_gap(database: str):
    """A frame is seen only once all before it can be: a later seq never becomes true before an earlier one."""
    stop = threading.Event()
    gaps: list[tuple[int, list[int]]] = []

    def publisher():
        for n in range(25):
            with work() as unit:
                stream.publish(unit, "board", "issue.changed", {"n": n})
                if n % 3 == 0:
                    stream.publish(unit, "issue:1", "issue.changed", {"n": n})

    def reader():
        after = 0
        while not stop.is_set():
            with work() as unit:
                seqs = [frame.seq for frame in stream.read_feed(unit, "board", after=after).frames]
            if seqs != list(range(after + 1, after + 1 + len(seqs))):
                gaps.append((after, seqs))
            after = seqs[-1] if seqs else after

    def publish_then_stop():
        try:
            in_threads([publisher] * 8)
        finally:
            stop.set()

    in_threads([publish_then_stop, reader, reader])

    assert gaps == []
    with work() as unit:
        assert stream.newest(unit, "board") == 200


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(1, 7), min_size=1, max_size=6), limit=st.integers(1, 5))
def test_pages_joined_are_the_whole_feed(one_database: str, sizes: list[int], limit: int):
    with work() as unit:
        start = stream.newest(unit, "board")
    for size in sizes:
        with work() as unit:
            for n in range(size):
                stream.publish(unit, "board", "issue.changed", {"n": n})

    after, read = start, []
    while True:
        with work() as unit:
            page = stream.read_feed(unit, "board", after=after, limit=limit)
        if not page.frames:
            break
        read += [frame.seq for frame in page.frames]
        after = read[-1]

    assert read == list(range(start + 1, start + 1 + sum(sizes)))
    assert page.newest == read[-1]


@pytest.fixture(scope="module")
def one_database(postgres_server: str, template: str, worker_id: str):
    """One database for all examples of one property."""
    from dispatch.kit import settings as kit_settings

    name = f"test_feeds_{worker_id}"
    url = postgres_server.rsplit("/", 1)[0] + "/" + name
    with psycopg.connect(postgres_server, autocommit=True) as conn, pytest.MonkeyPatch.context() as patch:
        conn.execute(f"DROP DATABASE IF EXISTS {name}")
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        patch.setenv("PG_DATABASE_URL", url)
        kit_settings.settings.cache_clear()
        works.close_connection()
        yield url
        works.close_connection()
        kit_settings.settings.cache_clear()
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_work_that_fails_publishes_nothing(database: str):
    def publish_and_give_up():
        with work() as unit:
            stream.publish(unit, "board", "issue.changed", {})
            raise GaveUp

    with pytest.raises(GaveUp):
        publish_and_give_up()

    with work() as unit:
        assert stream.read_feed(unit, "board").newest == 0


def test_the_last_snapshot_of_a_work_wins(database: str):
    with work() as unit:
        for n in range(3):
            stream.publish_latest(unit, "fleet", "fleet.changed", lambda n=n: {"n": n})
        stream.publish(unit, "fleet", "other", {})

    with work() as unit:
        assert [(frame.kind, frame.data) for frame in stream.read_feed(unit, "fleet").frames] == [
            ("fleet.changed", {"n": 2}),
            ("other", {}),
        ]


def test_the_newest_snapshot_knows_every_committed_change(database: str):
    """Each work changes a count and publishes it: the frames must end in the true count, whoever commits last."""
    with psycopg.connect(database) as conn:
        conn.execute("CREATE TABLE mark (n integer)")

    def change():
        with work() as unit:
            unit.conn.execute("INSERT INTO mark VALUES (1)")
            stream.publish_latest(unit, "fleet", "fleet.changed", lambda: {"count": _count(unit)})

    in_threads([change] * 16)

    with work() as unit:
        counts = [frame.data["count"] for frame in stream.read_feed(unit, "fleet").frames]
    assert counts == list(range(1, 17))


def _count(unit: Work) -> int:
    row = unit.conn.execute("SELECT count(*) FROM mark").fetchone()
    assert row
    return row[0]


def test_what_jsonb_refuses_is_replaced_rather_than_lost(database: str):
    with work() as unit:
        stream.publish(unit, "run:1", "run.event", {"text": "a\0b \ud800 \\u0000 \U0001f600", "cost": float("nan")})

    with work() as unit:
        (frame,) = stream.read_feed(unit, "run:1").frames
    assert frame.data == {"text": "a\ufffdb \ufffd \\u0000 \U0001f600", "cost": None}


def test_seqs_are_taken_after_everything_else_a_work_does_before_its_commit(database: str):
    order: list[str] = []

    with work() as unit:
        stream.publish_latest(unit, "fleet", "fleet.changed", lambda: order.append("numbered") or {})
        unit.before_commit(lambda: order.append("another room"))

    assert order == ["another room", "numbered"]


def test_what_fails_on_the_way_to_the_commit_undoes_the_whole_work(database: str):
    def publish_and_fail():
        with work() as unit:
            stream.publish(unit, "board", "issue.changed", {})
            unit.before_commit(lambda: unit.conn.cursor().executemany("SELECT 1 / %s", [[0]]))

    with pytest.raises(psycopg.errors.DivisionByZero):
        publish_and_fail()

    with work() as unit:
        assert stream.read_feed(unit, "board").frames == []


def test_a_shape_with_what_jsonb_refuses_is_kept_as_well(database: str):
    class Said(BaseModel):
        text: str
        cost: float

    with work() as unit:
        stream.publish(unit, "run:1", "run.event", Said(text="a\0b \ud800", cost=float("inf")))

    with work() as unit:
        (frame,) = stream.read_feed(unit, "run:1").frames
    assert frame.data == {"text": "a\ufffdb \ufffd", "cost": None}
