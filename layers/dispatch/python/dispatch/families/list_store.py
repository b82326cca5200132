"""The SQL of looking at families."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.families.shapes import Family, Mute, Picture, Sighting

DETAILS_LOOKED_AT = 100  # sightings, the latest, of which the newest stack is taken


def select_family(
    conn: Connection[Any], *, family_id: UUID | None = None, name: str | None = None, issue_id: UUID | None = None
) -> Family | None:
    """The family with this id, name or issue."""
    with conn.cursor(row_factory=class_row(Family)) as cursor:
        return cursor.execute(
            """
            SELECT id, name, issue_id, source, feature, message, level, occurrences, first_seen, last_seen
            FROM family
            WHERE id = %(id)s OR name = %(name)s OR issue_id = %(issue_id)s
            """,
            {"id": family_id, "name": name, "issue_id": issue_id},
        ).fetchone()


def select_picture(conn: Connection[Any], family_id: UUID) -> Picture | None:
    """What is known of the family."""
    with conn.cursor(row_factory=class_row(Picture)) as cursor:
        return cursor.execute(
            """
            WITH latest AS MATERIALIZED (
                SELECT id, last_seen, environment, detail
                FROM sighting
                WHERE family_id = %(id)s
                ORDER BY last_seen DESC, id DESC
                LIMIT %(looked_at)s
            ), wording AS MATERIALIZED (
                SELECT hash, message, first_seen FROM fingerprint WHERE family_id = %(id)s ORDER BY first_seen, hash LIMIT 20
            )
            SELECT id, name, issue_id, source, feature, message, level, occurrences, first_seen, last_seen, users, organisations, releases,
                   (SELECT hash FROM wording ORDER BY first_seen, hash LIMIT 1) AS hash,
                   ARRAY(SELECT message FROM wording ORDER BY first_seen, hash) AS wordings,
                   ARRAY(SELECT DISTINCT environment FROM latest WHERE environment <> '' ORDER BY environment LIMIT 10) AS environments,
                   coalesce((
                       SELECT jsonb_agg(jsonb_build_object('name', hit.name, 'slug', hit.slug) ORDER BY hit.name)
                       FROM affected_customers(family.id) AS hit
                   ), '[]') AS customers,
                   coalesce((SELECT detail FROM latest WHERE detail ? 'stack' ORDER BY last_seen DESC, id DESC LIMIT 1), '{}')
                   || coalesce((SELECT detail FROM latest ORDER BY last_seen DESC, id DESC LIMIT 1), '{}') AS detail
            FROM family
            WHERE id = %(id)s
            """,
            {"id": family_id, "looked_at": DETAILS_LOOKED_AT},
        ).fetchone()


def count_active_hours(conn: Connection[Any], family_id: UUID, *, since: datetime, until: datetime) -> int:
    """Distinct hours that begin from `since` on, and before `until`, in which the family was seen."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return (
            cursor.execute(
                """
                SELECT count(DISTINCT hour)
                FROM fingerprint JOIN sighting_hour ON sighting_hour.fingerprint = fingerprint.hash
                WHERE fingerprint.family_id = %(id)s
                  AND hour > %(since)s::timestamptz - interval '1 hour' AND hour < %(until)s
                """,
                {"id": family_id, "since": since, "until": until},
            ).fetchone()
            or 0
        )


def select_sightings(
    conn: Connection[Any], family_id: UUID, *, since: datetime | None, until: datetime | None, after: list[Any] | None, limit: int
) -> list[Sighting]:
    """Latest first; `after` is the moment and id of the last one seen."""
    with conn.cursor(row_factory=class_row(Sighting)) as cursor:
        return cursor.execute(
            """
            SELECT id, origin, fingerprint, family_id, count, first_seen, last_seen, heard_at, ended_at, fires, release, environment, detail
            FROM sighting
            WHERE family_id = %(family_id)s
              AND (%(since)s::timestamptz IS NULL OR last_seen >= %(since)s)
              AND (%(until)s::timestamptz IS NULL OR last_seen <= %(until)s)
              AND (%(at)s::timestamptz IS NULL OR (last_seen, id) < (%(at)s::timestamptz, %(id)s::uuid))
            ORDER BY last_seen DESC, id DESC
            LIMIT %(limit)s
            """,
            {
                "family_id": family_id,
                "since": since,
                "until": until,
                "at": after[0] if after else None,
                "id": after[1] if after else None,
                "limit": limit,
            },
        ).fetchall()


def find_heard_at(conn: Connection[Any], release: str) -> datetime | None:
    """When a report named the release first."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT heard_at FROM heard_release WHERE release = %(release)s", {"release": release}).fetchone()


def find_mute(conn: Connection[Any], *, source: str, name: str, at: datetime) -> Mute | None:
    """The mute that holds for this source or family, the one that ends last."""
    with conn.cursor(row_factory=class_row(Mute)) as cursor:
        return cursor.execute(
            """
            SELECT id, scope, value, because, by, at, until
            FROM mute
            WHERE ended_at IS NULL AND (until IS NULL OR until > %(at)s)
              AND ((scope = 'source' AND value = %(source)s) OR (scope = 'family' AND value = %(name)s))
            ORDER BY until DESC NULLS FIRST
            LIMIT 1
            """,
            {"source": source, "name": name, "at": at},
        ).fetchone()
