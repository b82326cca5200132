"""The SQL of counting: one statement for a report, whom it names, its end, and forgetting."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.families.shapes import Counted, Detail, Ended, NewSighting
from dispatch.kit.wire import to_json

RELEASES_KEPT = 50
TELLING = timedelta(seconds=2)  # a flood of one error makes no more frames than one in so long
TELLING_ANY = timedelta(milliseconds=200)  # and a flood of many no more than this
DETAIL = tuple(Detail.model_fields)

# One statement, so that nobody sees half of it; set apart, so that it is short enough for psycopg to remember how it is sent.
COUNT = """
WITH held AS MATERIALIZED (
    SELECT id, level, has_stack, releases, coalesce(
               told_at <= %(at)s - %(telling)s, true
           ) AND NOT EXISTS (SELECT FROM family AS other WHERE other.told_at > %(at)s - %(telling_any)s) AS is_due
    FROM family
    WHERE id = (SELECT family_id FROM fingerprint WHERE hash = %(fingerprint)s)
    FOR NO KEY UPDATE
), known AS MATERIALIZED (
    SELECT fingerprint.hash, fingerprint.family_id
    FROM held JOIN fingerprint ON fingerprint.hash = %(fingerprint)s AND fingerprint.family_id = held.id
    FOR NO KEY UPDATE OF fingerprint
), kept AS (
    INSERT INTO sighting (id, origin, key, fingerprint, family_id, count, added, first_seen, last_seen, heard_at, fires,
                          release, environment, detail)
    SELECT %(id)s, %(origin)s, %(key)s, hash, family_id, %(count)s, %(count)s, %(first_seen)s, %(last_seen)s, %(at)s,
           %(fires)s, %(release)s, %(environment)s, %(detail)s::jsonb
    FROM known
    ON CONFLICT (origin, key) WHERE key IS NOT NULL DO UPDATE
    SET added = greatest(excluded.count - sighting.count, 0),
        count = greatest(excluded.count, sighting.count),
        last_seen = greatest(excluded.last_seen, sighting.last_seen),
        heard_at = excluded.heard_at,
        fires = excluded.fires AND sighting.ended_at IS NULL,
        release = coalesce(excluded.release, sighting.release),
        environment = coalesce(excluded.environment, sighting.environment),
        detail = sighting.detail || excluded.detail
    RETURNING id, added
), hourly AS (
    INSERT INTO sighting_hour (fingerprint, hour, count)
    SELECT %(fingerprint)s, date_bin('1 hour', %(last_seen)s::timestamptz, '2000-01-01 00:00:00+00'), added FROM kept
    ON CONFLICT (fingerprint, hour) DO UPDATE SET count = sighting_hour.count + excluded.count
), worded AS (
    UPDATE fingerprint
    SET occurrences = occurrences + added,
        first_seen = least(first_seen, %(first_seen)s),
        last_seen = greatest(last_seen, %(last_seen)s)
    FROM kept
    WHERE hash = %(fingerprint)s
)
UPDATE family
SET occurrences = family.occurrences + kept.added,
    first_seen = least(first_seen, %(first_seen)s),
    last_seen = greatest(last_seen, %(last_seen)s),
    level = CASE WHEN %(is_grave)s THEN %(level)s ELSE family.level END,
    has_stack = family.has_stack OR %(has_stack)s,
    release = coalesce(%(release)s, family.release),
    releases = CASE
        WHEN %(release)s::text IS NULL OR %(release)s = ANY(family.releases) THEN family.releases
        ELSE (family.releases || %(release)s::text)[greatest(1, cardinality(family.releases) + 2 - %(kept)s) : ]
    END,
    told_at = CASE WHEN held.is_due THEN %(at)s ELSE family.told_at END,
    is_untold = NOT held.is_due
FROM held, kept
WHERE family.id = held.id
RETURNING family.id, name, issue_id, source, feature, message, family.level, family.occurrences, first_seen, last_seen,
          kept.id AS sighting_id, kept.added, kept.id = %(id)s AS is_new_sighting, held.level AS level_before,
          %(has_stack)s AND NOT held.has_stack AS has_first_stack,
          %(release)s::text IS NOT NULL AND NOT %(release)s = ANY(held.releases) AS has_new_release,
          held.is_due AS is_due_to_be_told, asked_at,
          (
              SELECT to_jsonb(mute) FROM mute
              WHERE ended_at IS NULL AND (until IS NULL OR until > %(at)s)
                AND ((scope = 'family' AND value = name) OR (scope = 'source' AND value = family.source))
              ORDER BY until DESC NULLS FIRST
              LIMIT 1
          ) AS mute
"""


def count_sighting(conn: Connection[Any], sighting_id: UUID, fingerprint: str, new: NewSighting, *, at: datetime) -> Counted | None:
    """The report is kept and counted: in its sighting, its hour, its wording and its family, as one. None where nobody knows the wording.

    What is counted is what it adds to the highest told before. The family is held first, and what is read of a held row is its newest.
    """
    with conn.cursor(row_factory=class_row(Counted)) as cursor:
        return cursor.execute(
            COUNT,
            {
                "id": sighting_id,
                "fingerprint": fingerprint,
                "origin": new.origin,
                "key": new.key,
                "count": new.count,
                "first_seen": new.first_seen,
                "last_seen": new.last_seen,
                "at": at,
                "fires": new.fires,
                "release": new.release,
                "environment": new.environment,
                "detail": to_json({name: value for name in DETAIL if (value := getattr(new, name))}),
                "level": new.level,
                "is_grave": new.is_grave,
                "has_stack": new.stack is not None,
                "kept": RELEASES_KEPT,
                "telling": TELLING,
                "telling_any": TELLING_ANY,
            },
        ).fetchone()


def insert_affected(conn: Connection[Any], family_id: UUID, fingerprint: str, *, kind: str, names: list[str]) -> int:
    """Whom the error hits is kept, as hashes; returns how many of them the family had not hit before."""
    row: Any = conn.execute(
        """
        WITH added AS (
            INSERT INTO affected (fingerprint, kind, hash)
            SELECT DISTINCT %(fingerprint)s, %(kind)s, affected_hash(%(kind)s, name) FROM unnest(%(names)s::text[]) AS name
            ON CONFLICT DO NOTHING
            RETURNING hash
        )
        SELECT count(*)
        FROM added
        WHERE NOT EXISTS (
            SELECT FROM fingerprint JOIN affected ON affected.fingerprint = fingerprint.hash
            WHERE fingerprint.family_id = %(family_id)s AND affected.kind = %(kind)s AND affected.hash = added.hash
        )
        """,
        {"family_id": family_id, "fingerprint": fingerprint, "kind": kind, "names": names},
    ).fetchone()
    return row[0]


def add_affected(conn: Connection[Any], family_id: UUID, *, users: int, organisations: int) -> None:
    """The family has hit so many more."""
    conn.execute(
        "UPDATE family SET users = users + %(users)s, organisations = organisations + %(organisations)s WHERE id = %(id)s",
        {"id": family_id, "users": users, "organisations": organisations},
    )


def end_sighting(conn: Connection[Any], ended: Ended, *, at: datetime) -> UUID | None:
    """The sighting fires no more; returns its family, or None where it did not fire."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            UPDATE sighting
            SET fires = false, ended_at = %(at)s, heard_at = %(at)s
            WHERE origin = %(origin)s AND key = %(key)s AND fires
            RETURNING family_id
            """,
            {"origin": ended.origin, "key": ended.key, "at": at},
        ).fetchone()


def delete_before(conn: Connection[Any], before: datetime, *, limit: int) -> int:
    """Sightings that were heard of last before that are gone, at most `limit`; those somebody holds are left for the next time."""
    return conn.execute(
        """
        DELETE FROM sighting
        WHERE id IN (SELECT id FROM sighting WHERE heard_at < %(before)s AND NOT fires LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        """,
        {"before": before, "limit": limit},
    ).rowcount


def delete_hours_before(conn: Connection[Any], before: datetime) -> int:
    """Hours before that are gone from the charts."""
    return conn.execute("DELETE FROM sighting_hour WHERE hour < %(before)s", {"before": before}).rowcount
