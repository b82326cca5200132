"""SQL of the feeds and of who is watching them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from dispatch.stream.shapes import Connection, Frame

Database = psycopg.Connection[Any]

PAGE_BYTES = 3_000_000  # an answer through Lambda holds at most 6 MB, and JSON in JSON doubles its quotes


def take_numbers(conn: Database, counts: dict[str, int]) -> dict[str, int]:
    """Each topic's newest seq after `counts` more frames. Topics are held, in their order, until the commit: nobody deadlocks."""
    topics = sorted(counts)
    rows = conn.execute(
        """
        INSERT INTO feed (topic, seq)
        SELECT topic, more
        FROM unnest(%(topics)s::text[], %(more)s::bigint[]) WITH ORDINALITY AS wanted (topic, more, place)
        ORDER BY place
        ON CONFLICT (topic) DO UPDATE SET seq = feed.seq + excluded.seq
        RETURNING topic, seq
        """,
        {"topics": topics, "more": [counts[topic] for topic in topics]},
    )
    return dict(rows.fetchall())


def append_frames(conn: Database, frames: Sequence[tuple[str, str, str]], *, at: datetime) -> psycopg.Cursor[tuple[str, int]]:
    """The frames (topic, kind, JSON text) stand in their feeds, each topic's in the order given; tells each topic's newest seq.

    Topics are held, in their order, until the commit.
    """
    topics, kinds, texts = (list(column) for column in zip(*frames, strict=True))
    return conn.execute(
        """
        WITH given AS (
            SELECT topic, kind, text, row_number() OVER (PARTITION BY topic ORDER BY place) AS nth
            FROM unnest(%(topics)s::text[], %(kinds)s::text[], %(texts)b::text[]) WITH ORDINALITY AS given (topic, kind, text, place)
        ), taken AS (
            INSERT INTO feed (topic, seq)
            SELECT topic, count(*) FROM given GROUP BY topic ORDER BY topic
            ON CONFLICT (topic) DO UPDATE SET seq = feed.seq + excluded.seq
            RETURNING topic, seq
        ), appended AS (
            INSERT INTO frame (topic, seq, kind, at, data)
            SELECT topic, taken.seq - max(nth) OVER (PARTITION BY topic) + nth, kind, %(at)s, text::jsonb
            FROM given JOIN taken USING (topic)
        )
        SELECT topic, seq FROM taken
        """,
        {"topics": topics, "kinds": kinds, "texts": texts, "at": at},
    )


def insert_frames(conn: Database, frames: Sequence[tuple[str, int, str, str]], *, at: datetime) -> None:
    """The frames (topic, seq, kind, JSON text) are in their feeds. The texts go in binary: nobody has to escape their quotes."""
    topics, seqs, kinds, texts = (list(column) for column in zip(*frames, strict=True))
    conn.execute(
        """
        INSERT INTO frame (topic, seq, kind, at, data)
        SELECT topic, seq, kind, %(at)s, text::jsonb
        FROM unnest(%(topics)s::text[], %(seqs)s::bigint[], %(kinds)s::text[], %(texts)b::text[]) AS given (topic, seq, kind, text)
        """,
        {"topics": topics, "seqs": seqs, "kinds": kinds, "texts": texts, "at": at},
    )


def frames_after(conn: Database, topic: str, *, after: int, limit: int) -> list[Frame]:
    """At most `limit` frames after a seq, in order; fewer where together they would be too large, but never none."""
    with conn.cursor(row_factory=class_row(Frame)) as cursor:
        return cursor.execute(
            """
            SELECT topic, seq, kind, at, data
            FROM (
                SELECT topic, seq, kind, at, data,
                       sum(octet_length(data::text)) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
                FROM frame
                WHERE topic = %(topic)s AND seq > %(after)s
                ORDER BY seq
                LIMIT %(limit)s
            ) AS page
            WHERE coalesce(bytes_before, 0) < %(bytes)s
            ORDER BY seq
            """,
            {"topic": topic, "after": after, "limit": limit, "bytes": PAGE_BYTES},
        ).fetchall()


def newest_seqs(conn: Database, topics: Sequence[str]) -> dict[str, int]:
    """The newest seq of each topic that has one."""
    rows = conn.execute(
        """
        SELECT topic, seq
        FROM feed
        WHERE topic = ANY(%(topics)s)
        """,
        {"topics": list(topics)},
    )
    return dict(rows.fetchall())


def insert_connection(conn: Database, connection_id: str, *, caller: str, now: datetime) -> None:
    """The socket is known; `caller` is JSON text."""
    conn.execute(
        """
        INSERT INTO connection (id, caller, connected_at)
        VALUES (%(id)s, %(caller)s::jsonb, %(now)s)
        ON CONFLICT (id) DO UPDATE SET caller = excluded.caller, connected_at = excluded.connected_at
        """,
        {"id": connection_id, "caller": caller, "now": now},
    )


def find_connection(conn: Database, connection_id: str) -> Connection | None:
    """The socket with this id, or None where it is gone."""
    with conn.cursor(row_factory=class_row(Connection)) as cursor:
        return cursor.execute(
            """
            SELECT id, caller, connected_at
            FROM connection
            WHERE id = %(id)s
            """,
            {"id": connection_id},
        ).fetchone()


def delete_connections(conn: Database, connection_ids: Sequence[str]) -> None:
    """The sockets are forgotten, with all they watched."""
    conn.execute(
        """
        DELETE FROM connection
        WHERE id = ANY(%(ids)s)
        """,
        {"ids": list(connection_ids)},
    )


def delete_connections_of(conn: Database, caller: str) -> None:
    """Every socket whose caller has these members (JSON text) is forgotten."""
    conn.execute(
        """
        DELETE FROM connection
        WHERE caller @> %(caller)s::jsonb
        """,
        {"caller": caller},
    )


def insert_watch(conn: Database, connection_id: str, topic: str) -> None:
    """The socket watches the topic. Watching twice is watching once; a socket that is gone watches nothing."""
    conn.execute(
        """
        INSERT INTO watch (connection_id, topic)
        SELECT id, %(topic)s
        FROM connection
        WHERE id = %(id)s
        ON CONFLICT DO NOTHING
        """,
        {"id": connection_id, "topic": topic},
    )


def delete_watch(conn: Database, connection_id: str, topic: str) -> None:
    """The socket no longer watches the topic."""
    conn.execute(
        """
        DELETE FROM watch
        WHERE connection_id = %(id)s AND topic = %(topic)s
        """,
        {"id": connection_id, "topic": topic},
    )


def count_watches(conn: Database, connection_id: str) -> int:
    """How many topics the socket watches."""
    row = conn.execute(
        """
        SELECT count(*)
        FROM watch
        WHERE connection_id = %(id)s
        """,
        {"id": connection_id},
    ).fetchone()
    return row[0] if row else 0


def watched_topics(conn: Database, topics: Sequence[str]) -> dict[str, list[str]]:
    """Who watches any of these topics: connection id -> those of the topics it watches, sorted."""
    rows = conn.execute(
        """
        SELECT connection_id, array_agg(topic ORDER BY topic)
        FROM watch
        WHERE topic = ANY(%(topics)s)
        GROUP BY connection_id
        """,
        {"topics": list(topics)},
    )
    return dict(rows.fetchall())


def all_watches(conn: Database) -> dict[str, dict[str, int]]:
    """Every socket's topics with their newest seq: connection id -> topic -> seq. A socket that watches nothing has an empty one."""
    rows = conn.execute(
        """
        SELECT connection.id, coalesce(jsonb_object_agg(watch.topic, coalesce(feed.seq, 0)) FILTER (WHERE watch.topic IS NOT NULL), '{}')
        FROM connection
        LEFT JOIN watch ON watch.connection_id = connection.id
        LEFT JOIN feed ON feed.topic = watch.topic
        GROUP BY connection.id
        """
    )
    return dict(rows.fetchall())
