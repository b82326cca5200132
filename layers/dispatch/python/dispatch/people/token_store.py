"""SQL of API tokens, socket tickets and the audit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.people.shapes import ApiToken, AuditRow

Database = Connection[Any]


def insert_token(conn: Database, token: ApiToken, *, token_hash: bytes, created_by: UUID | None) -> None:
    """The token opens what its scopes say."""
    conn.execute(
        """
        INSERT INTO api_token (id, name, token_hash, scopes, created_by, created_at, expires_at)
        VALUES (%(id)s, %(name)s, %(hash)s, %(scopes)s, %(created_by)s, %(created_at)s, %(expires_at)s)
        """,
        {
            "id": token.id,
            "name": token.name,
            "hash": token_hash,
            "scopes": [str(scope) for scope in token.scopes],
            "created_by": created_by,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        },
    )


def find_token(conn: Database, token_hash: bytes, *, now: datetime) -> ApiToken | None:
    """The token with this hash, where it still opens something."""
    with conn.cursor(row_factory=class_row(ApiToken)) as cursor:
        return cursor.execute(
            """
            SELECT id, name, scopes, created_at, expires_at, revoked_at
            FROM api_token
            WHERE token_hash = %(hash)s
              AND revoked_at IS NULL
              AND (expires_at IS NULL OR expires_at > %(now)s)
            """,
            {"hash": token_hash, "now": now},
        ).fetchone()


def list_tokens(conn: Database) -> list[ApiToken]:
    """Every token ever made, newest first."""
    with conn.cursor(row_factory=class_row(ApiToken)) as cursor:
        return cursor.execute(
            """
            SELECT id, name, scopes, created_at, expires_at, revoked_at
            FROM api_token
            ORDER BY created_at DESC, id DESC
            """
        ).fetchall()


def revoke_token(conn: Database, token_id: UUID, *, now: datetime) -> ApiToken | None:
    """The token opens nothing any more; None where there is no such token."""
    with conn.cursor(row_factory=class_row(ApiToken)) as cursor:
        return cursor.execute(
            """
            UPDATE api_token
            SET revoked_at = coalesce(revoked_at, %(now)s)
            WHERE id = %(id)s
            RETURNING id, name, scopes, created_at, expires_at, revoked_at
            """,
            {"id": token_id, "now": now},
        ).fetchone()


def insert_ticket(conn: Database, token_hash: bytes, *, caller: str, now: datetime, expires_at: datetime) -> None:
    """The ticket opens one socket; tickets that nobody used in time are swept away."""
    conn.execute("DELETE FROM socket_ticket WHERE expires_at < %(now)s", {"now": now})
    conn.execute(
        """
        INSERT INTO socket_ticket (token_hash, caller, expires_at)
        VALUES (%(hash)s, %(caller)s::jsonb, %(expires_at)s)
        """,
        {"hash": token_hash, "caller": caller, "expires_at": expires_at},
    )


def take_ticket(conn: Database, token_hash: bytes, *, now: datetime) -> dict[str, Any] | None:
    """Whose ticket it was, once: it is gone now. None where there is none, or it came too late."""
    row = conn.execute(
        """
        DELETE FROM socket_ticket
        WHERE token_hash = %(hash)s AND expires_at > %(now)s
        RETURNING caller
        """,
        {"hash": token_hash, "now": now},
    ).fetchone()
    return row[0] if row else None


def insert_audit(conn: Database, row: dict[str, Any]) -> None:
    """The row is in the audit."""
    conn.execute(
        """
        INSERT INTO audit (at, actor, address, action, subject, before, after)
        VALUES (%(at)s, %(actor)s::jsonb, %(address)s, %(action)s, %(subject)s, %(before)s::jsonb, %(after)s::jsonb)
        """,
        row,
    )


def list_audit(conn: Database, *, before: int | None, limit: int) -> list[AuditRow]:
    """Audit rows, newest first, older than the row `before`."""
    with conn.cursor(row_factory=class_row(AuditRow)) as cursor:
        return cursor.execute(
            """
            SELECT id, at, actor, address, action, subject, before, after
            FROM audit
            WHERE %(before)s::bigint IS NULL OR id < %(before)s
            ORDER BY id DESC
            LIMIT %(limit)s
            """,
            {"before": before, "limit": limit},
        ).fetchall()
