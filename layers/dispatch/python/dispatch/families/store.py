"""The SQL of knowing an error: its wordings, its family, and what is held while a report is taken.

Everything is held in one order, so that nobody deadlocks: the releases by name, how families are made up, the (source, feature) of wordings
that nobody knows, the families by id, and under each of them its wordings and sightings.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.families.grouping import Known
from dispatch.families.shapes import Ended, NewFamily, NewWording

MAKE_UP = 0x46_414D_494C_59  # FAMILY
FEW = 20
MANY = 300  # wordings that give a value away together: enough to tell, and few enough to compare


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


def is_firing(conn: Connection[Any], family_id: UUID) -> bool:
    """Whether an alert about the family has not been resolved."""
    return conn.execute("SELECT FROM sighting WHERE family_id = %(id)s AND fires LIMIT 1", {"id": family_id}).fetchone() is not None
