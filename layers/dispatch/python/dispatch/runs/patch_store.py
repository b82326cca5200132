"""The SQL of patches."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from dispatch.runs.patch_shapes import Patch
from dispatch.runs.protocol import PatchProposal, Published
from dispatch.runs.verdict import Judged


def insert_patch(
    conn: Connection[Any], run_id: UUID, proposal: PatchProposal, judged: Judged, *, branch: str, lands_on: str | None, at: datetime
) -> None:
    """The patch is kept, whatever the verdict."""
    conn.execute(
        """
        INSERT INTO patch (run_id, mbox, files, commits, verdict, reasons, drift, lockfiles, branch, lands_on, proposed_at)
        VALUES (%(run_id)s, %(mbox)s, %(files)s, %(commits)s, %(verdict)s, %(reasons)s, %(drift)s, %(lockfiles)s, %(branch)s,
                %(lands_on)s, %(at)s)
        """,
        {
            "run_id": run_id,
            "mbox": proposal.mbox,
            "files": Jsonb([file.model_dump() for file in proposal.files]),
            "commits": Jsonb([commit.model_dump() for commit in proposal.commits]),
            "verdict": judged.verdict,
            "reasons": Jsonb(judged.reasons),
            "drift": Jsonb(judged.drift),
            "lockfiles": Jsonb(judged.lockfiles),
            "branch": branch,
            "lands_on": lands_on,
            "at": at,
        },
    )


def select_planned_files(conn: Connection[Any], plan_id: UUID) -> list[str] | None:
    """The files that the plan names: plans belong to a room above, and are read here."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "SELECT jsonb_path_query_array(body, '$.files[*].path') FROM plan WHERE id = %(id)s", {"id": plan_id}
        ).fetchone()


def select_patch(conn: Connection[Any], run_id: UUID) -> Patch | None:
    """The run's patch with its verdict."""
    return _select_patch(conn, run_id=run_id, published_of=None)


def select_published(conn: Connection[Any], issue_id: UUID) -> Patch | None:
    """The issue's newest patch that stands on a branch."""
    return _select_patch(conn, run_id=None, published_of=issue_id)


def _select_patch(conn: Connection[Any], *, run_id: UUID | None, published_of: UUID | None) -> Patch | None:
    with conn.cursor(row_factory=class_row(Patch)) as cursor:
        return cursor.execute(
            """
            SELECT run_id, verdict, reasons, drift, lockfiles, branch, lands_on, files, commits, mbox, proposed_at, published_at,
                   patch.head_commit, unpublished_because
            FROM patch JOIN run ON run.id = patch.run_id
            WHERE run_id = %(run_id)s OR (run.issue_id = %(published_of)s AND published_at IS NOT NULL)
            ORDER BY published_at DESC
            LIMIT 1
            """,
            {"run_id": run_id, "published_of": published_of},
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
