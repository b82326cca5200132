"""The SQL of what families want of others: their issue, a spawn, and to be told of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.families.shapes import Wish


def link_issue(conn: Connection[Any], family_id: UUID, issue_id: UUID) -> None:
    """The issue is the family's."""
    conn.execute("UPDATE family SET issue_id = %(issue_id)s WHERE id = %(id)s", {"id": family_id, "issue_id": issue_id})


def set_wanting(conn: Connection[Any], family_id: UUID, *, cause_at: datetime | None, at: datetime) -> None:
    """The family wants a spawn, if it did not before. `cause_at` None: its cause stays what it was."""
    conn.execute(
        """
        UPDATE family
        SET wants_spawn_since = coalesce(wants_spawn_since, %(at)s), cause_at = coalesce(%(cause_at)s, cause_at, %(at)s), healed_at = NULL
        WHERE id = %(id)s
        """,
        {"id": family_id, "cause_at": cause_at, "at": at},
    )


def set_healed(conn: Connection[Any], family_id: UUID, *, at: datetime) -> None:
    """Nothing of the family fires since then."""
    conn.execute("UPDATE family SET healed_at = %(at)s WHERE id = %(id)s", {"id": family_id, "at": at})


def select_wishing(conn: Connection[Any], *, limit: int) -> list[UUID]:
    """Families that want a spawn, or have healed, oldest first."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM family
            WHERE wants_spawn_since IS NOT NULL OR healed_at IS NOT NULL
            ORDER BY coalesce(wants_spawn_since, healed_at)
            LIMIT %(limit)s
            """,
            {"limit": limit},
        ).fetchall()


def take_wish(conn: Connection[Any], family_id: UUID, *, at: datetime) -> Wish | None:
    """What the family wants is nobody else's to ask for, and noted as asked; None where somebody has done so, or is about to."""
    with conn.cursor(row_factory=class_row(Wish)) as cursor:
        return cursor.execute(
            """
            WITH held AS MATERIALIZED (
                SELECT id, wants_spawn_since, healed_at
                FROM family
                WHERE id = %(id)s AND (wants_spawn_since IS NOT NULL OR healed_at IS NOT NULL)
                FOR NO KEY UPDATE SKIP LOCKED
            )
            UPDATE family
            SET wants_spawn_since = NULL, healed_at = NULL, asked_at = coalesce(%(at)s, asked_at)
            FROM held
            WHERE family.id = held.id
            RETURNING family.id, name, issue_id, source, occurrences, coalesce(cause_at, created_at) AS cause_at,
                      held.wants_spawn_since IS NOT NULL AS wants_spawn, held.healed_at
            """,
            {"id": family_id, "at": at},
        ).fetchone()


def take_untold(conn: Connection[Any], *, at: datetime, limit: int) -> list[tuple[UUID, UUID | None]]:
    """Families (and their issues) that were counted up since they were told last are told now, by this work."""
    return conn.execute(
        """
        WITH untold AS MATERIALIZED (
            SELECT id FROM family WHERE is_untold ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE family
        SET is_untold = false, told_at = %(at)s
        FROM untold
        WHERE family.id = untold.id
        RETURNING family.id, issue_id
        """,
        {"at": at, "limit": limit},
    ).fetchall()
