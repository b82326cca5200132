"""A database of one's own (`PG_DATABASE_URL`) instead of the embedded one."""

import psycopg

from infra.laptop.postgres.errors import PostgresError

OLDEST = 150000  # Postgres 15: MERGE and NULLS NOT DISTINCT


def check_own_database(url: str) -> str:
    """The url itself, after the database behind it has shown that it can serve: reachable, new enough, with pgvector."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            _check_version(connection)
            _check_vector(connection)
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise PostgresError(f"PG_DATABASE_URL cannot be used: {reason}") from error
    return url


def _check_version(connection: psycopg.Connection) -> None:
    if connection.info.server_version < OLDEST:
        raise PostgresError(f"PG_DATABASE_URL points to Postgres {connection.info.server_version // 10000}; Dispatch needs 15 or newer.")


def _check_vector(connection: psycopg.Connection) -> None:
    if not connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone():
        raise PostgresError(
            "The database of PG_DATABASE_URL has no pgvector. Install it there (Debian: `apt-get install postgresql-17-pgvector`), or "
            "unset PG_DATABASE_URL to use the embedded database."
        )
