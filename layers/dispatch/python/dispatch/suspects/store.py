"""The SQL of suspects. The families and sightings they are about belong to a room below, and are read here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from dispatch.kit.wire import to_json
from dispatch.suspects.shapes import Case, Change, Suspect


def select_due(conn: Connection[Any], *, at: datetime, since: datetime, limit: int) -> list[Case]:
    """Errors with a stack that are new or back since then, and whose suspects nobody looked for yet, the latest first."""
    with conn.cursor(row_factory=class_row(Case)) as cursor:
        return cursor.execute(
            """
            SELECT due.id AS family_id, due.issue_id, due.cause_at, newest.stack, coalesce(began.at, due.first_seen) AS began_at,
                   due.cause_at > due.created_at AS is_back, due.tries
            FROM (
                SELECT family.id, issue_id, family.cause_at, first_seen, created_at,
                       CASE WHEN suspicion.cause_at = family.cause_at THEN tries ELSE 0 END AS tries
                FROM family LEFT JOIN suspicion ON suspicion.family_id = family.id
                WHERE has_stack AND family.cause_at > %(since)s
                  AND (suspicion.cause_at IS DISTINCT FROM family.cause_at OR look_again_at <= %(at)s)
                ORDER BY family.cause_at DESC
                LIMIT %(limit)s
            ) AS due
            CROSS JOIN LATERAL (
                SELECT detail->>'stack' AS stack
                FROM sighting
                WHERE sighting.family_id = due.id AND detail->>'stack' IS NOT NULL
                ORDER BY last_seen DESC, id DESC
                LIMIT 1
            ) AS newest
            CROSS JOIN LATERAL (
                SELECT min(first_seen) AS at FROM sighting WHERE sighting.family_id = due.id AND heard_at >= due.cause_at
            ) AS began
            ORDER BY due.cause_at DESC
            """,
            {"at": at, "since": since, "limit": limit},
        ).fetchall()


def settle(conn: Connection[Any], case: Case, suspects: list[Suspect], *, because: str, at: datetime) -> None:
    """These are the error's suspects, and those before are forgotten."""
    _upsert(conn, case, because=because, look_again_at=None, settled_at=at)
    conn.execute("DELETE FROM suspect WHERE family_id = %(id)s", {"id": case.family_id})
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO suspect (family_id, place, sha, title, author, at, url, files, because)
            VALUES (%(family_id)s, %(place)s, %(sha)s, %(title)s, %(author)s, %(at)s, %(url)s, %(files)s, %(because)s)
            """,
            [{**one.model_dump(), "family_id": case.family_id, "place": place} for place, one in enumerate(suspects, 1)],
        )


def put_off(conn: Connection[Any], case: Case, *, because: str | None, look_again_at: datetime) -> None:
    """The error's suspects are looked for again then."""
    _upsert(conn, case, because=because, look_again_at=look_again_at, settled_at=None)


def select_suspects(conn: Connection[Any], family_id: UUID) -> list[Suspect]:
    """The error's suspects, most suspected first."""
    with conn.cursor(row_factory=class_row(Suspect)) as cursor:
        return cursor.execute(
            """
            SELECT sha, title, author, at, url, files, because
            FROM suspect
            WHERE family_id = %(family_id)s
            ORDER BY place
            """,
            {"family_id": family_id},
        ).fetchall()


def select_of_issue(conn: Connection[Any], issue_id: UUID) -> list[Suspect]:
    """The suspects of the issue's error, most suspected first."""
    with conn.cursor(row_factory=class_row(Suspect)) as cursor:
        return cursor.execute(
            """
            SELECT sha, title, author, at, url, files, because
            FROM suspect JOIN family ON family.id = suspect.family_id
            WHERE family.issue_id = %(issue_id)s
            ORDER BY place
            """,
            {"issue_id": issue_id},
        ).fetchall()


def select_changes(conn: Connection[Any], repository: str, shas: list[str]) -> dict[str, list[Change]]:
    """What those of the commits change that somebody asked about before."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT sha, files FROM commit_change WHERE repository = lower(%(repository)s) AND sha = ANY(%(shas)s)",
            {"repository": repository, "shas": shas},
        ).fetchall()
    return {row["sha"]: [Change.model_validate(file) for file in row["files"]] for row in rows}


def insert_changes(conn: Connection[Any], repository: str, sha: str, changes: list[Change], *, at: datetime) -> None:
    """What the commit changes is kept."""
    conn.execute(
        """
        INSERT INTO commit_change (repository, sha, files, asked_at)
        VALUES (lower(%(repository)s), %(sha)s, %(files)s, %(at)s)
        ON CONFLICT DO NOTHING
        """,
        {"repository": repository, "sha": sha, "files": to_json([change.model_dump() for change in changes]), "at": at},
    )


def delete_changes_before(conn: Connection[Any], before: datetime) -> int:
    """What was asked that long ago is gone; returns of how many commits."""
    return conn.execute("DELETE FROM commit_change WHERE asked_at < %(before)s", {"before": before}).rowcount


def _upsert(conn: Connection[Any], case: Case, *, because: str | None, look_again_at: datetime | None, settled_at: datetime | None) -> None:
    conn.execute(
        """
        INSERT INTO suspicion (family_id, cause_at, because, tries, look_again_at, settled_at)
        VALUES (%(family_id)s, %(cause_at)s, %(because)s, 1, %(look_again_at)s, %(settled_at)s)
        ON CONFLICT (family_id) DO UPDATE
        SET cause_at = excluded.cause_at, because = excluded.because, look_again_at = excluded.look_again_at,
            settled_at = excluded.settled_at,
            tries = CASE WHEN suspicion.cause_at = excluded.cause_at THEN suspicion.tries + 1 ELSE 1 END
        """,
        {
            "family_id": case.family_id,
            "cause_at": case.cause_at,
            "because": because,
            "look_again_at": look_again_at,
            "settled_at": settled_at,
        },
    )
