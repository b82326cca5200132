"""The SQL of what is known about which commit holds which."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Pair:
    """Two commits of a repository."""

    repository: str
    ancestor: str
    descendant: str


@dataclass(frozen=True, slots=True)
class Known:
    """What GitHub said of a pair; `contains` None: nothing, the so-manieth time, and it may be asked again at `ask_again_at`."""

    contains: bool | None
    tries: int
    ask_again_at: datetime | None


def find(conn: Connection[Any], pair: Pair) -> Known | None:
    """What is known of the pair; None where nobody asked yet."""
    with conn.cursor(row_factory=class_row(Known)) as cursor:
        return cursor.execute(
            """
            SELECT contains, tries, ask_again_at
            FROM ancestry
            WHERE repository = lower(%(repository)s) AND ancestor = %(ancestor)s AND descendant = %(descendant)s
            """,
            asdict(pair),
        ).fetchone()


def upsert(conn: Connection[Any], pair: Pair, *, contains: bool | None, ask_again_at: datetime | None, at: datetime) -> None:
    """GitHub has answered, or had no answer. What was known is not forgotten for want of an answer."""
    conn.execute(
        """
        INSERT INTO ancestry (repository, ancestor, descendant, contains, asked_at, ask_again_at)
        VALUES (lower(%(repository)s), %(ancestor)s, %(descendant)s, %(contains)s, %(at)s, %(ask_again_at)s)
        ON CONFLICT (repository, ancestor, descendant) DO UPDATE
        SET contains = excluded.contains, tries = ancestry.tries + 1, asked_at = excluded.asked_at, ask_again_at = excluded.ask_again_at
        WHERE ancestry.contains IS NULL
        """,
        {**asdict(pair), "contains": contains, "ask_again_at": ask_again_at, "at": at},
    )
