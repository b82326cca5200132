"""The SQL of what people change: which wordings are one error, and what stays out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.families.shapes import Mute, Scope


def lock_families(conn: Connection[Any], ids: list[UUID]) -> None:
    """These families are held until the work ends, in the order that everybody keeps."""
    conn.execute("SELECT id FROM family WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE", {"ids": ids})


def select_hashes(conn: Connection[Any], family_id: UUID) -> list[str]:
    """The family's wordings, oldest first."""
    rows = conn.execute("SELECT hash FROM fingerprint WHERE family_id = %(id)s ORDER BY first_seen, hash", {"id": family_id})
    return [row[0] for row in rows.fetchall()]


def copy_family(conn: Connection[Any], family_id: UUID, *, new_id: UUID, name: str, hashes: list[str], at: datetime) -> None:
    """There is a family like this one, of no wordings yet; its message is what these said last."""
    conn.execute(
        """
        INSERT INTO family (id, name, source, feature, message, level, first_seen, last_seen, cause_at, created_at)
        SELECT %(new_id)s, %(name)s, source, feature, coalesce(
                   (
                       SELECT detail ->> 'message' FROM sighting
                       WHERE sighting.family_id = family.id AND fingerprint = ANY(%(hashes)s)
                       ORDER BY sighting.last_seen DESC
                       LIMIT 1
                   ),
                   (SELECT message FROM fingerprint WHERE hash = ANY(%(hashes)s) ORDER BY first_seen, hash LIMIT 1)
               ), level, first_seen, last_seen, %(at)s, %(at)s
        FROM family
        WHERE id = %(id)s
        """,
        {"id": family_id, "new_id": new_id, "name": name, "hashes": hashes, "at": at},
    )


def move_wordings(conn: Connection[Any], family_id: UUID, *, into: UUID, hashes: list[str], because: str) -> None:
    """These wordings of the family, with their sightings, are the other's, and stay so."""
    conn.execute(
        """
        UPDATE fingerprint
        SET family_id = %(into)s, joined_by = 'hand', because = %(because)s, is_pinned = true
        WHERE family_id = %(id)s AND hash = ANY(%(hashes)s)
        """,
        {"id": family_id, "into": into, "hashes": hashes, "because": because},
    )
    conn.execute(
        "UPDATE sighting SET family_id = %(into)s WHERE family_id = %(id)s AND fingerprint = ANY(%(hashes)s)",
        {"id": family_id, "into": into, "hashes": hashes},
    )


def add_up(conn: Connection[Any], family_id: UUID) -> None:
    """The family's figures are those of its wordings."""
    conn.execute(
        """
        UPDATE family
        SET occurrences = counted.occurrences,
            first_seen = counted.first_seen,
            last_seen = counted.last_seen,
            users = hit.users,
            organisations = hit.organisations,
            has_stack = EXISTS (SELECT FROM sighting WHERE sighting.family_id = family.id AND detail ? 'stack'),
            release = coalesce(told.release, family.release),
            releases = ARRAY(
                SELECT DISTINCT sighting.release FROM sighting
                WHERE sighting.family_id = family.id AND sighting.release IS NOT NULL
                LIMIT 50
            )
        FROM (
            SELECT sum(occurrences)::bigint AS occurrences, min(first_seen) AS first_seen, max(last_seen) AS last_seen
            FROM fingerprint
            WHERE family_id = %(id)s
        ) AS counted, (
            SELECT count(DISTINCT affected.hash) FILTER (WHERE kind = 'user') AS users,
                   count(DISTINCT affected.hash) FILTER (WHERE kind = 'organisation') AS organisations
            FROM fingerprint JOIN affected ON affected.fingerprint = fingerprint.hash
            WHERE fingerprint.family_id = %(id)s
        ) AS hit, (
            SELECT (
                SELECT release FROM sighting WHERE family_id = %(id)s AND release IS NOT NULL ORDER BY last_seen DESC, id DESC LIMIT 1
            ) AS release
        ) AS told
        WHERE family.id = %(id)s
        """,
        {"id": family_id},
    )


def delete_family(conn: Connection[Any], family_id: UUID, *, at: datetime) -> None:
    """The family is gone, with the mute of its name."""
    conn.execute(
        """
        WITH gone AS (
            DELETE FROM family WHERE id = %(id)s RETURNING name
        )
        UPDATE mute SET ended_at = %(at)s FROM gone WHERE scope = 'family' AND value = gone.name AND ended_at IS NULL
        """,
        {"id": family_id, "at": at},
    )


def upsert_mute(
    conn: Connection[Any], mute_id: UUID, *, scope: Scope, value: str, because: str, by: str, at: datetime, until: datetime | None
) -> Mute:
    """It stays out; the mute that stood is as this one says."""
    with conn.cursor(row_factory=class_row(Mute)) as cursor:
        made = cursor.execute(
            """
            INSERT INTO mute (id, scope, value, because, by, at, until)
            VALUES (%(id)s, %(scope)s, %(value)s, %(because)s, %(by)s, %(at)s, %(until)s)
            ON CONFLICT (scope, value) WHERE ended_at IS NULL
            DO UPDATE SET because = excluded.because, by = excluded.by, at = excluded.at, until = excluded.until
            RETURNING id, scope, value, because, by, at, until
            """,
            {"id": mute_id, "scope": scope, "value": value, "because": because, "by": by, "at": at, "until": until},
        ).fetchone()
        assert made is not None  # noqa: S101 - an upsert returns its row
        return made


def select_mutes(conn: Connection[Any], *, at: datetime, limit: int) -> list[Mute]:
    """What stays out now, newest first."""
    with conn.cursor(row_factory=class_row(Mute)) as cursor:
        return cursor.execute(
            """
            SELECT id, scope, value, because, by, at, until
            FROM mute
            WHERE ended_at IS NULL AND (until IS NULL OR until > %(at)s)
            ORDER BY at DESC, id
            LIMIT %(limit)s
            """,
            {"at": at, "limit": limit},
        ).fetchall()


def end_mute(conn: Connection[Any], mute_id: UUID, *, at: datetime) -> Mute | None:
    """It stays out no more; None where it did not."""
    with conn.cursor(row_factory=class_row(Mute)) as cursor:
        return cursor.execute(
            """
            UPDATE mute
            SET ended_at = %(at)s
            WHERE id = %(id)s AND ended_at IS NULL
            RETURNING id, scope, value, because, by, at, until
            """,
            {"id": mute_id, "at": at},
        ).fetchone()
