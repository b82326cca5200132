"""Numbered `.sql` files, applied once, in order, each in a transaction of its own. Forward only."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString, cast

from psycopg import Connection, connect

from dispatch.kit.errors import DispatchError

MIGRATIONS = Path(__file__).parent.parent / "migrations"
LOCK = 0x64697370  # "disp": two processes that start at once take turns


class MigrationChanged(DispatchError):
    """A migration that was applied has been edited since. Add a new one instead."""


def apply(url: str, *, folder: Path = MIGRATIONS, tell: Callable[[str], None] = lambda _: None) -> list[str]:
    """The database has every migration; returns the names of those applied now. A killed process leaves no half of one behind."""
    with connect(url, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        conn.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration "
            "(name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = _applied(conn)
        done: list[str] = []
        for path in sorted(folder.glob("[0-9]*.sql")):
            if _is_new(path, applied):
                tell(path.stem)
                _apply_one(conn, path)
                done.append(path.stem)
        return done


def names(*, folder: Path = MIGRATIONS) -> list[str]:
    """The migrations that this code knows, in order."""
    return [path.stem for path in sorted(folder.glob("[0-9]*.sql"))]


def _applied(conn: Connection[Any]) -> dict[str, str]:
    return dict(conn.execute("SELECT name, checksum FROM schema_migration").fetchall())


def _is_new(path: Path, applied: dict[str, str]) -> bool:
    before = applied.get(path.stem)
    if before is not None and before != _checksum(path):
        raise MigrationChanged(f"Migration {path.stem} was applied and has been edited since. Add a new one instead.")
    return before is None


def _apply_one(conn: Connection[Any], path: Path) -> None:
    with conn.transaction():
        conn.execute(cast("LiteralString", path.read_text()))
        conn.execute("INSERT INTO schema_migration (name, checksum) VALUES (%s, %s)", [path.stem, _checksum(path)])


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
