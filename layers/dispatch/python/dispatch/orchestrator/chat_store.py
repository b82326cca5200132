"""The SQL of chats. A chat's row is held by whoever writes into the chat, one at a time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from dispatch.kit.actors import Actor
from dispatch.orchestrator.shapes import Chat

Database = Connection[Any]


def insert_chat(conn: Database, chat_id: UUID, *, created_by: Actor, at: datetime) -> None:
    """The chat exists, without a word in it."""
    conn.execute(
        """
        INSERT INTO chat (id, created_by, created_at, updated_at)
        VALUES (%(id)s, %(created_by)s, %(at)s, %(at)s)
        """,
        {"id": chat_id, "created_by": Jsonb(created_by.model_dump(mode="json")), "at": at},
    )


def lock_chat(conn: Database, chat_id: UUID) -> Chat | None:
    """The chat, held for writing until the work ends; None where there is none."""
    with conn.cursor(row_factory=class_row(Chat)) as cursor:
        return cursor.execute(
            """
            SELECT id, title, created_at, updated_at
            FROM chat
            WHERE id = %(id)s
            FOR NO KEY UPDATE
            """,
            {"id": chat_id},
        ).fetchone()


def hold_chat_still(conn: Database, chat_id: UUID) -> Chat | None:
    """The chat, which nobody writes into until the work ends, so that its turns and its newest seq belong together."""
    with conn.cursor(row_factory=class_row(Chat)) as cursor:
        return cursor.execute(
            """
            SELECT id, title, created_at, updated_at
            FROM chat
            WHERE id = %(id)s
            FOR SHARE
            """,
            {"id": chat_id},
        ).fetchone()


def select_chats(conn: Database, *, after: list[Any] | None, limit: int) -> list[Chat]:
    """Chats in which something was said, the latest first; `after` is the time and id of the last one seen."""
    with conn.cursor(row_factory=class_row(Chat)) as cursor:
        return cursor.execute(
            """
            SELECT id, title, created_at, updated_at
            FROM chat
            WHERE title <> ''
              AND (%(at)s::timestamptz IS NULL OR (updated_at, id) < (%(at)s::timestamptz, %(id)s::uuid))
            ORDER BY updated_at DESC, id DESC
            LIMIT %(limit)s
            """,
            {"at": after[0] if after else None, "id": after[1] if after else None, "limit": limit},
        ).fetchall()


def touch_chat(conn: Database, chat_id: UUID, *, title: str, at: datetime) -> None:
    """The chat is the latest spoken in; the title is taken where it has none yet."""
    conn.execute(
        """
        UPDATE chat
        SET updated_at = %(at)s, title = CASE WHEN title = '' THEN %(title)s ELSE title END
        WHERE id = %(id)s
        """,
        {"id": chat_id, "title": title, "at": at},
    )
