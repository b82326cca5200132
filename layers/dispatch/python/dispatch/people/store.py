"""SQL of people, their sessions, and what was tried at the door."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.people.shapes import PersonDetails, PersonRow

Database = Connection[Any]


def insert_owner(conn: Database, person_id: UUID, *, now: datetime) -> None:
    """The owner is a person, if they were not one yet."""
    conn.execute(
        """
        INSERT INTO person (id, name, role, created_at)
        SELECT %(id)s, 'owner', 'admin', %(now)s
        WHERE NOT EXISTS (SELECT FROM person WHERE password_hash IS NULL)
        ON CONFLICT DO NOTHING
        """,
        {"id": person_id, "now": now},
    )


def find_owner(conn: Database) -> PersonRow | None:
    """The one person without a password of their own."""
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(
            """
            SELECT id, name, role, password_hash, disabled_at
            FROM person
            WHERE password_hash IS NULL
            """
        ).fetchone()


def find_person_by_name(conn: Database, name: str) -> PersonRow | None:
    """The person with this name, whatever its capitals."""
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(
            """
            SELECT id, name, role, password_hash, disabled_at
            FROM person
            WHERE lower(name) = lower(%(name)s)
            """,
            {"name": name},
        ).fetchone()


def insert_person(conn: Database, person: PersonRow, *, now: datetime) -> bool:
    """The person is there; False where the name is taken."""
    done = conn.execute(
        """
        INSERT INTO person (id, name, role, password_hash, created_at)
        VALUES (%(id)s, %(name)s, %(role)s, %(hash)s, %(now)s)
        ON CONFLICT DO NOTHING
        """,
        {"id": person.id, "name": person.name, "role": person.role, "hash": person.password_hash, "now": now},
    )
    return done.rowcount == 1


def lock_person(conn: Database, person_id: UUID) -> PersonRow | None:
    """The person, held until the commit."""
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(
            """
            SELECT id, name, role, password_hash, disabled_at
            FROM person
            WHERE id = %(id)s
            FOR UPDATE
            """,
            {"id": person_id},
        ).fetchone()


def update_person(conn: Database, person: PersonRow) -> None:
    """The person's role, password and whether they may come in are as given."""
    conn.execute(
        """
        UPDATE person
        SET role = %(role)s, password_hash = %(hash)s, disabled_at = %(disabled_at)s
        WHERE id = %(id)s
        """,
        {"id": person.id, "role": person.role, "hash": person.password_hash, "disabled_at": person.disabled_at},
    )


def list_people(conn: Database) -> list[PersonDetails]:
    """Everybody, by name."""
    with conn.cursor(row_factory=class_row(PersonDetails)) as cursor:
        return cursor.execute(
            """
            SELECT id, name, role, created_at, disabled_at, password_hash IS NULL AS is_owner
            FROM person
            ORDER BY lower(name)
            """
        ).fetchall()


def insert_session(conn: Database, token_hash: bytes, *, person_id: UUID, now: datetime, expires_at: datetime) -> None:
    """The session is open."""
    conn.execute(
        """
        INSERT INTO session (token_hash, person_id, created_at, expires_at)
        VALUES (%(hash)s, %(person)s, %(now)s, %(expires_at)s)
        """,
        {"hash": token_hash, "person": person_id, "now": now, "expires_at": expires_at},
    )


def find_session_person(conn: Database, token_hash: bytes, *, now: datetime) -> PersonRow | None:
    """Whose open session this is; None where it ended, or the person may not come in any more."""
    with conn.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(
            """
            SELECT person.id, person.name, person.role, person.password_hash, person.disabled_at
            FROM session
            JOIN person ON person.id = session.person_id
            WHERE session.token_hash = %(hash)s
              AND session.revoked_at IS NULL
              AND session.expires_at > %(now)s
              AND person.disabled_at IS NULL
            """,
            {"hash": token_hash, "now": now},
        ).fetchone()


def revoke_session(conn: Database, token_hash: bytes, *, now: datetime) -> None:
    """The session opens nothing any more."""
    conn.execute(
        """
        UPDATE session
        SET revoked_at = %(now)s
        WHERE token_hash = %(hash)s AND revoked_at IS NULL
        """,
        {"hash": token_hash, "now": now},
    )


def revoke_sessions_of(conn: Database, person_id: UUID, *, now: datetime) -> None:
    """None of the person's sessions opens anything any more."""
    conn.execute(
        """
        UPDATE session
        SET revoked_at = %(now)s
        WHERE person_id = %(person)s AND revoked_at IS NULL
        """,
        {"person": person_id, "now": now},
    )


def hold_account(conn: Database, address: str, account: str) -> None:
    """Attempts from this address on this account take turns until the commit."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 7))", {"key": f"{address}\n{account}"})


def recent_attempts(conn: Database, address: str, account: str, *, since: datetime) -> list[datetime]:
    """When this address tried this account and did not get in, oldest first."""
    rows = conn.execute(
        """
        SELECT at
        FROM sign_in_failure
        WHERE at > %(since)s AND address = %(address)s AND account = %(account)s
        ORDER BY at
        """,
        {"address": address, "account": account, "since": since},
    )
    return [row[0] for row in rows]


def insert_attempt(conn: Database, address: str, account: str, *, now: datetime) -> None:
    """The attempt is noted; a success strikes it out again."""
    conn.execute(
        """
        INSERT INTO sign_in_failure (address, account, at)
        VALUES (%(address)s, %(account)s, %(now)s)
        """,
        {"address": address, "account": account, "now": now},
    )


def delete_attempts(conn: Database, address: str, account: str, *, before: datetime) -> None:
    """This pair's attempts are struck out, and everybody's from before that moment."""
    conn.execute(
        """
        DELETE FROM sign_in_failure
        WHERE (address = %(address)s AND account = %(account)s) OR at < %(before)s
        """,
        {"address": address, "account": account, "before": before},
    )
