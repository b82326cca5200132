"""The SQL of deliveries."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.deliveries.shapes import Delivery, DeliveryFilter, DeliverySummary, NewDelivery
from dispatch.kit.wire import to_json


def insert_delivery(conn: Connection[Any], new: NewDelivery, *, try_at: datetime, at: datetime) -> None:
    """The delivery is kept, if it was not before."""
    conn.execute(
        """
        INSERT INTO delivery (source, id, event, body, received_at, try_at)
        VALUES (%(source)s, %(id)s, %(event)s, %(body)s, %(at)s, %(try_at)s)
        ON CONFLICT (source, id) DO NOTHING
        """,
        {"source": new.source, "id": new.id, "event": new.event, "body": to_json(new.body), "at": at, "try_at": try_at},
    )


def lock_delivery(conn: Connection[Any], source: str, delivery_id: str) -> Delivery | None:
    """The delivery, held until the work ends."""
    with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            """
            SELECT source, id, event, received_at, handled_at, answer, tries, failure, try_at, body
            FROM delivery
            WHERE source = %(source)s AND id = %(id)s
            FOR UPDATE
            """,
            {"source": source, "id": delivery_id},
        ).fetchone()


def find_delivery(conn: Connection[Any], source: str, delivery_id: str) -> Delivery | None:
    """The delivery as it was kept."""
    with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            """
            SELECT source, id, event, received_at, handled_at, answer, tries, failure, try_at, body
            FROM delivery
            WHERE source = %(source)s AND id = %(id)s
            """,
            {"source": source, "id": delivery_id},
        ).fetchone()


def set_handled(conn: Connection[Any], source: str, delivery_id: str, answer: str, *, at: datetime) -> None:
    """The delivery is handled, and this is what it did."""
    conn.execute(
        """
        UPDATE delivery
        SET handled_at = %(at)s, answer = %(answer)s, tries = tries + 1, failure = NULL, try_at = NULL
        WHERE source = %(source)s AND id = %(id)s
        """,
        {"source": source, "id": delivery_id, "answer": answer, "at": at},
    )


def set_failed(conn: Connection[Any], source: str, delivery_id: str, failure: str, *, tries: int, try_at: datetime | None) -> None:
    """The delivery could not be handled this time, unless somebody else has handled it meanwhile."""
    conn.execute(
        """
        UPDATE delivery
        SET tries = %(tries)s, failure = %(failure)s, try_at = %(try_at)s
        WHERE source = %(source)s AND id = %(id)s AND handled_at IS NULL
        """,
        {"source": source, "id": delivery_id, "failure": failure, "tries": tries, "try_at": try_at},
    )


def set_due(conn: Connection[Any], source: str, delivery_id: str, *, at: datetime) -> bool:
    """The delivery is to be handled once more, as if it had just come; whether there is one."""
    return (
        conn.execute(
            """
            UPDATE delivery
            SET handled_at = NULL, answer = NULL, tries = 0, failure = NULL, try_at = %(at)s
            WHERE source = %(source)s AND id = %(id)s
            """,
            {"source": source, "id": delivery_id, "at": at},
        ).rowcount
        == 1
    )


def select_due(conn: Connection[Any], sources: list[str], *, at: datetime, limit: int) -> list[tuple[str, str]]:
    """The (source, id) of deliveries that are to be tried now, oldest first."""
    return conn.execute(
        """
        SELECT source, id
        FROM delivery
        WHERE try_at <= %(at)s AND source = ANY(%(sources)s)
        ORDER BY received_at
        LIMIT %(limit)s
        """,
        {"sources": sources, "at": at, "limit": limit},
    ).fetchall()


def select_deliveries(conn: Connection[Any], wanted: DeliveryFilter, *, after: list[Any] | None, limit: int) -> list[DeliverySummary]:
    """Newest first; `after` is the moment, source and id of the last one seen."""
    with conn.cursor(row_factory=class_row(DeliverySummary)) as cursor:
        return cursor.execute(
            """
            SELECT source, id, event, received_at, handled_at, answer, tries, failure, try_at
            FROM delivery
            WHERE (%(source)s::text IS NULL OR source = %(source)s)
              AND (%(failed)s::boolean IS NULL OR (handled_at IS NULL AND tries > 0) = %(failed)s)
              AND (%(at)s::timestamptz IS NULL OR (received_at, source, id) < (%(at)s::timestamptz, %(after_source)s, %(after_id)s))
            ORDER BY received_at DESC, source DESC, id DESC
            LIMIT %(limit)s
            """,
            {
                "source": wanted.source,
                "failed": wanted.failed,
                "at": after[0] if after else None,
                "after_source": after[1] if after else None,
                "after_id": after[2] if after else None,
                "limit": limit,
            },
        ).fetchall()


def delete_before(conn: Connection[Any], before: datetime, *, limit: int) -> int:
    """Deliveries older than that are gone, at most `limit` of them; returns how many."""
    return conn.execute(
        """
        DELETE FROM delivery
        WHERE (source, id) IN (SELECT source, id FROM delivery WHERE received_at < %(before)s LIMIT %(limit)s)
        """,
        {"before": before, "limit": limit},
    ).rowcount
