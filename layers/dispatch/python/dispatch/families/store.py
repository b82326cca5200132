"""The SQL of taking a report: what is known, what is held, and the one statement that counts.

Everything is held in one order, so that nobody deadlocks: the releases by name, how families are made up, the (source, feature) of wordings
that nobody knows, the families by id, and under each of them its wordings and sightings.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.families.grouping import Known
from dispatch.families.shapes import Counted, Detail, Ended, NewFamily, NewSighting, NewWording, Wish
from dispatch.kit.wire import to_json

MAKE_UP = 0x46_414D_494C_59  # FAMILY
RELEASES_KEPT = 50
TELLING = timedelta(seconds=2)  # a flood of one error makes no more frames than one in so long
TELLING_ANY = timedelta(milliseconds=200)  # and a flood of many no more than this
FEW = 20
MANY = 300  # wordings that give a value away together: enough to tell, and few enough to compare
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


def note_releases(conn: Connection[Any], releases: Sequence[str], *, at: datetime) -> None:
    """Each release has been heard of, at the latest now."""
    conn.execute(
        """
        INSERT INTO heard_release (release, heard_at)
        SELECT release, %(at)s FROM unnest(%(releases)s::text[]) WITH ORDINALITY AS named (release, place) ORDER BY place
        ON CONFLICT (release) DO NOTHING
        """,
        {"releases": list(releases), "at": at},
    )


def share_make_up(conn: Connection[Any]) -> None:
    """Nobody splits or merges until the work ends."""
    conn.execute("SELECT pg_advisory_xact_lock_shared(%(key)s)", {"key": MAKE_UP})


def lock_make_up(conn: Connection[Any]) -> None:
    """Nobody else splits, merges, or adds a wording, until the work ends."""
    conn.execute("SELECT pg_advisory_xact_lock(%(key)s)", {"key": MAKE_UP})


def lock_places(conn: Connection[Any], places: Sequence[tuple[str, str]]) -> None:
    """Nobody else adds a wording to any of these (source, feature) until the work ends. The make-up is shared before."""
    conn.execute(
        """
        SELECT pg_advisory_xact_lock(key)
        FROM (
            SELECT DISTINCT hashtextextended(place, 0) AS key FROM unnest(%(places)s::text[]) AS place ORDER BY key
        ) AS wanted
        """,
        {"places": ["\x1f".join(place) for place in places]},
    )


def select_unknown(conn: Connection[Any], hashes: Sequence[str]) -> set[str]:
    """Those that nobody knows."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return set(
            cursor.execute(
                """
                SELECT hash FROM unnest(%(hashes)s::text[]) AS hash
                WHERE NOT EXISTS (SELECT FROM fingerprint WHERE fingerprint.hash = hash.hash)
                """,
                {"hashes": list(hashes)},
            ).fetchall()
        )


def lock_families(conn: Connection[Any], *, hashes: Sequence[str], ended: Sequence[Ended]) -> None:
    """The families of these wordings and of these sightings are held until the work ends, in their order."""
    conn.execute(
        """
        SELECT id
        FROM family
        WHERE id IN (
            SELECT family_id FROM fingerprint WHERE hash = ANY(%(hashes)s)
            UNION
            SELECT family_id FROM sighting JOIN unnest(%(origins)s::text[], %(keys)s::text[]) AS ended (origin, key) USING (origin, key)
        )
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        {"hashes": list(hashes), "origins": [one.origin for one in ended], "keys": [one.key for one in ended]},
    )


def select_alike(conn: Connection[Any], source: str, feature: str, *, frames: str | None, template: str) -> list[Known]:
    """The wordings of this place with the same frames or the same template, a few of each, and those that begin alike; oldest first."""
    with conn.cursor(row_factory=class_row(Known)) as cursor:
        return cursor.execute(
            """
            SELECT hash, family_id, message, frames, template, is_pinned
            FROM (
                (
                    SELECT * FROM fingerprint
                    WHERE source = %(source)s AND feature = %(feature)s AND frames = %(frames)s
                    ORDER BY first_seen, hash
                    LIMIT %(few)s
                )
                UNION
                (
                    SELECT * FROM fingerprint
                    WHERE source = %(source)s AND feature = %(feature)s AND template = %(template)s
                    ORDER BY first_seen, hash
                    LIMIT %(few)s
                )
                UNION
                (
                    SELECT * FROM fingerprint
                    WHERE source = %(source)s AND feature = %(feature)s AND template IS NOT NULL
                      AND split_part(template, ' ', 1) = split_part(%(template)s, ' ', 1)
                    ORDER BY last_seen DESC, hash
                    LIMIT %(many)s
                )
            ) AS alike
            ORDER BY first_seen, hash
            """,
            {"source": source, "feature": feature, "frames": frames, "template": template, "few": FEW, "many": MANY},
        ).fetchall()


def is_name_taken(conn: Connection[Any], name: str) -> bool:
    """Whether a family is called so."""
    return conn.execute("SELECT FROM family WHERE name = %(name)s", {"name": name}).fetchone() is not None


def insert_family(conn: Connection[Any], new: NewFamily, *, at: datetime) -> None:
    """The family is there; nothing of it was counted yet."""
    conn.execute(
        """
        INSERT INTO family (id, name, source, feature, message, level, first_seen, last_seen, cause_at, created_at)
        VALUES (%(id)s, %(name)s, %(source)s, %(feature)s, %(message)s, %(level)s, %(first_seen)s, %(last_seen)s, %(at)s, %(at)s)
        """,
        {**new.model_dump(), "at": at},
    )


def insert_wording(conn: Connection[Any], new: NewWording) -> None:
    """The family has one more wording; nothing of it was counted yet."""
    conn.execute(
        """
        INSERT INTO fingerprint (hash, version, family_id, source, feature, message, frames, template, joined_by, because, first_seen,
                                 last_seen)
        VALUES (%(hash)s, %(version)s, %(family_id)s, %(source)s, %(feature)s, %(message)s, %(frames)s, %(template)s, %(joined_by)s,
                %(because)s, %(first_seen)s, %(last_seen)s)
        """,
        new.model_dump(),
    )


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


def is_firing(conn: Connection[Any], family_id: UUID) -> bool:
    """Whether an alert about the family has not been resolved."""
    return conn.execute("SELECT FROM sighting WHERE family_id = %(id)s AND fires LIMIT 1", {"id": family_id}).fetchone() is not None


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
