"""The SQL of patches."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from dispatch.runs.protocol import PatchProposal, Published
from dispatch.runs.shapes import Patch


def insert_patch(
    conn: Connection[Any], run_id: UUID, proposal: PatchProposal, *, verdict: str, reasons: list[str], branch: str, at: datetime
) -> None:
    """The patch is kept, whatever the verdict."""
    conn.execute(
        """
        INSERT INTO patch (run_id, mbox, files, commits, verdict, reasons, branch, proposed_at)
        VALUES (%(run_id)s, %(mbox)s, %(files)s, %(commits)s, %(verdict)s, %(reasons)s, %(branch)s, %(at)s)
        """,
        {
            "run_id": run_id,
            "mbox": proposal.mbox,
            "files": Jsonb([file.model_dump() for file in proposal.files]),
            "commits": Jsonb([commit.model_dump() for commit in proposal.commits]),
            "verdict": verdict,
            "reasons": Jsonb(reasons),
            "branch": branch,
            "at": at,
        },
    )


def select_patch(conn: Connection[Any], run_id: UUID) -> Patch | None:
    """The run's patch with its verdict."""
    with conn.cursor(row_factory=class_row(Patch)) as cursor:
        return cursor.execute(
            """
            SELECT run_id, verdict, reasons, branch, files, commits, mbox, proposed_at, published_at, head_commit,
                   unpublished_because
            FROM patch
            WHERE run_id = %(run_id)s
            """,
            {"run_id": run_id},
        ).fetchone()


def set_unpublished(conn: Connection[Any], run_id: UUID, reason: str) -> bool:
    """Why the patch does not come to its branch is known; False where that was known, or the patch is there already."""
    done = conn.execute(
        """
        UPDATE patch
        SET unpublished_because = %(reason)s
        WHERE run_id = %(run_id)s AND published_at IS NULL AND unpublished_because IS DISTINCT FROM %(reason)s
        """,
        {"run_id": run_id, "reason": reason},
    )
    return done.rowcount == 1


def set_published(conn: Connection[Any], run_id: UUID, published: Published, *, at: datetime) -> None:
    """The patch stands on its branch."""
    conn.execute(
        """
        UPDATE patch
        SET published_at = %(at)s, head_commit = %(head)s, commits = %(commits)s, unpublished_because = NULL
        WHERE run_id = %(run_id)s
        """,
        {
            "run_id": run_id,
            "head": published.head_commit,
            "commits": Jsonb([commit.model_dump() for commit in published.commits]),
            "at": at,
        },
    )
