"""The SQL of artifacts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.runs.artifact_shapes import Artifact


def count_others(conn: Connection[Any], run_id: UUID, *, name: str) -> int:
    """How many artifacts the run has, but for the one of that name."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return (
            cursor.execute(
                "SELECT count(*) FROM artifact WHERE run_id = %(run_id)s AND name <> %(name)s", {"run_id": run_id, "name": name}
            ).fetchone()
            or 0
        )


def put_artifact(
    conn: Connection[Any], artifact_id: UUID, run_id: UUID, *, name: str, media_type: str, content: bytes, at: datetime
) -> UUID:
    """The artifact is kept; under a name that is there already, in its place. Returns the id it has."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return (
            cursor.execute(
                """
            INSERT INTO artifact (id, run_id, name, media_type, content, created_at)
            VALUES (%(id)s, %(run_id)s, %(name)s, %(media_type)s, %(content)s, %(at)s)
            ON CONFLICT (run_id, name) DO UPDATE
            SET media_type = excluded.media_type, content = excluded.content, created_at = excluded.created_at
            RETURNING id
            """,
                {"id": artifact_id, "run_id": run_id, "name": name, "media_type": media_type, "content": content, "at": at},
            ).fetchone()
            or artifact_id
        )


def select_artifacts(
    conn: Connection[Any], *, artifact_id: UUID | None = None, run_id: UUID | None = None, issue_id: UUID | None = None
) -> list[Artifact]:
    """The artifact so meant, or those of a run or an issue, newest first; at most 500."""
    with conn.cursor(row_factory=class_row(Artifact)) as cursor:
        return cursor.execute(
            """
            SELECT artifact.id, run_id, name, media_type, length(content) AS size, artifact.created_at
            FROM artifact JOIN run ON run.id = artifact.run_id
            WHERE artifact.id = %(artifact_id)s OR run_id = %(run_id)s OR run.issue_id = %(issue_id)s
            ORDER BY artifact.created_at DESC, artifact.id DESC
            LIMIT 500
            """,
            {"artifact_id": artifact_id, "run_id": run_id, "issue_id": issue_id},
        ).fetchall()


def select_content(conn: Connection[Any], artifact_id: UUID) -> bytes | None:
    """What is in the artifact."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT content FROM artifact WHERE id = %(id)s", {"id": artifact_id}).fetchone()
