"""The SQL of customers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from dispatch.customers.shapes import Customer


def insert_customer(
    conn: Connection[Any], customer_id: UUID, *, name: str, slug: str, organisations: list[str], at: datetime
) -> Customer | None:
    """The customer is written; None where the slug is taken."""
    with conn.cursor(row_factory=class_row(Customer)) as cursor:
        return cursor.execute(
            """
            INSERT INTO customer (id, name, slug, organisations, created_at)
            VALUES (%(id)s, %(name)s, %(slug)s, %(organisations)s, %(at)s)
            ON CONFLICT (slug) DO NOTHING
            RETURNING id, name, slug, organisations, created_at
            """,
            {"id": customer_id, "name": name, "slug": slug, "organisations": organisations, "at": at},
        ).fetchone()


def select_customers(conn: Connection[Any], *, slug: str | None, limit: int) -> list[Customer]:
    """Customers by name: all, or the one with this slug."""
    with conn.cursor(row_factory=class_row(Customer)) as cursor:
        return cursor.execute(
            """
            SELECT id, name, slug, organisations, created_at
            FROM customer
            WHERE %(slug)s::text IS NULL OR slug = %(slug)s
            ORDER BY name, id
            LIMIT %(limit)s
            """,
            {"slug": slug, "limit": limit},
        ).fetchall()


def set_organisations(conn: Connection[Any], customer_id: UUID, organisations: list[str]) -> None:
    """The customer is known by these ids, and by what reports of errors keep of them."""
    conn.execute(
        """
        WITH known AS (
            UPDATE customer SET organisations = %(organisations)s WHERE id = %(id)s
        )
        DELETE FROM customer_organisation WHERE customer_id = %(id)s
        """,
        {"id": customer_id, "organisations": organisations},
    )
    conn.execute(
        """
        INSERT INTO customer_organisation (hash, customer_id)
        SELECT DISTINCT affected_hash('organisation', organisation), %(id)s::uuid FROM unnest(%(organisations)s::text[]) AS organisation
        """,
        {"id": customer_id, "organisations": organisations},
    )
