"""The SQL of pull requests. What screens show comes from the view `pull_card`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.clients.github_pulls import PullNow
from dispatch.pulls.shapes import Pull, PullFilter


def insert_pull(conn: Connection[Any], pull_id: UUID, now: PullNow, *, is_heard: bool) -> bool:
    """The pull request is known, if it was not before (then False). `is_heard`: by GitHub itself, whose time counts."""
    done = conn.execute(
        """
        INSERT INTO pull (id, repository, number, url, title, body, state, author, is_trusted, is_fork, head_branch, head_sha, base_branch,
                          opened_at, heard_at, merged_at, merge_commit, closed_at)
        VALUES (%(id)s, %(repository)s, %(number)s, %(url)s, %(title)s, %(body)s, %(state)s, %(author)s, %(is_trusted)s, %(is_fork)s,
                %(head_branch)s, %(head_sha)s, %(base_branch)s, %(opened_at)s, %(heard_at)s, %(merged_at)s, %(merge_commit)s, %(closed_at)s)
        ON CONFLICT (lower(repository), number) DO NOTHING
        """,
        _columns(now)
        | {"id": pull_id, "repository": now.repository, "number": now.number, "heard_at": now.updated_at if is_heard else None},
    )
    return done.rowcount == 1


def update_pull(conn: Connection[Any], pull_id: UUID, now: PullNow) -> None:
    """The pull request is as GitHub tells."""
    conn.execute(
        """
        UPDATE pull
        SET url = %(url)s, title = %(title)s, body = %(body)s, state = %(state)s, author = %(author)s, is_trusted = %(is_trusted)s,
            is_fork = %(is_fork)s, head_branch = %(head_branch)s, head_sha = %(head_sha)s, base_branch = %(base_branch)s,
            opened_at = %(opened_at)s, heard_at = %(heard_at)s, merged_at = %(merged_at)s, merge_commit = %(merge_commit)s,
            closed_at = %(closed_at)s
        WHERE id = %(id)s
        """,
        _columns(now) | {"id": pull_id, "heard_at": now.updated_at},
    )


def set_head(conn: Connection[Any], pull_id: UUID, head_sha: str) -> None:
    """That commit is the pull request's newest."""
    conn.execute("UPDATE pull SET head_sha = %(head_sha)s WHERE id = %(id)s", {"id": pull_id, "head_sha": head_sha})


def lock_pull(conn: Connection[Any], repository: str, number: int) -> UUID | None:
    """The id of the pull request so numbered, held until the work ends."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "SELECT id FROM pull WHERE lower(repository) = lower(%(repository)s) AND number = %(number)s FOR UPDATE",
            {"repository": repository, "number": number},
        ).fetchone()


def lock_pull_id(conn: Connection[Any], pull_id: UUID) -> None:
    """The pull request is held until the work ends."""
    conn.execute("SELECT id FROM pull WHERE id = %(id)s FOR UPDATE", {"id": pull_id})


def select_pull(conn: Connection[Any], pull_id: UUID) -> Pull | None:
    """The pull request as it is known."""
    with conn.cursor(row_factory=class_row(Pull)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, identifier, run_id, repository, number, url, title, state, author, is_trusted, is_fork, head_branch,
                   head_sha, base_branch, linked_by, ci, repairs, opened_at, heard_at, merged_at, merge_commit, closed_at, close_reason
            FROM pull_card
            WHERE id = %(id)s
            """,
            {"id": pull_id},
        ).fetchone()


def select_body(conn: Connection[Any], pull_id: UUID) -> str:
    """What its author says of it."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT body FROM pull WHERE id = %(id)s", {"id": pull_id}).fetchone() or ""


def select_pulls(conn: Connection[Any], wanted: PullFilter, *, after: list[Any] | None, limit: int) -> list[Pull]:
    """Newest first; `after` is the age and id of the last one seen."""
    with conn.cursor(row_factory=class_row(Pull)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, identifier, run_id, repository, number, url, title, state, author, is_trusted, is_fork, head_branch,
                   head_sha, base_branch, linked_by, ci, repairs, opened_at, heard_at, merged_at, merge_commit, closed_at, close_reason
            FROM pull_card
            WHERE (%(state)s::text IS NULL OR state = %(state)s)
              AND (%(issue_id)s::uuid IS NULL OR issue_id = %(issue_id)s)
              AND (%(at)s::timestamptz IS NULL OR (opened_at, id) < (%(at)s::timestamptz, %(after)s::uuid))
            ORDER BY opened_at DESC, id DESC
            LIMIT %(limit)s
            """,
            {
                "state": wanted.state,
                "issue_id": wanted.issue_id,
                "at": after[0] if after else None,
                "after": after[1] if after else None,
                "limit": limit,
            },
        ).fetchall()


def find_open(conn: Connection[Any], issue_id: UUID) -> UUID | None:
    """The issue's newest open pull request whose branch lies in its own repository."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM pull
            WHERE issue_id = %(issue_id)s AND state IN ('draft', 'open') AND NOT is_fork
            ORDER BY opened_at DESC, number DESC
            LIMIT 1
            """,
            {"issue_id": issue_id},
        ).fetchone()


def find_by_branch(conn: Connection[Any], repository: str, branch: str) -> UUID | None:
    """The newest pull request of that branch, open ones first."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM pull
            WHERE head_branch = %(branch)s AND lower(repository) = lower(%(repository)s) AND NOT is_fork
            ORDER BY state IN ('draft', 'open') DESC, opened_at DESC, number DESC
            LIMIT 1
            """,
            {"repository": repository, "branch": branch},
        ).fetchone()


def has_other_open(conn: Connection[Any], issue_id: UUID, pull_id: UUID) -> bool:
    """Whether another of the issue's pull requests by people of the repository is open."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                """
                SELECT EXISTS (
                    SELECT FROM pull
                    WHERE issue_id = %(issue_id)s AND id <> %(pull_id)s AND state IN ('draft', 'open')
                      AND (is_trusted OR run_id IS NOT NULL)
                )
                """,
                {"issue_id": issue_id, "pull_id": pull_id},
            ).fetchone()
        )


def find_run(conn: Connection[Any], repository: str, branch: str) -> tuple[UUID, UUID] | None:
    """The (run, issue) whose work was last meant for that branch."""
    return conn.execute(
        """
        SELECT run.id, run.issue_id
        FROM patch JOIN run ON run.id = patch.run_id
        WHERE patch.branch = %(branch)s AND lower(run.repository) = lower(%(repository)s) AND patch.verdict = 'accepted'
        ORDER BY run.created_at DESC
        LIMIT 1
        """,
        {"repository": repository, "branch": branch},
    ).fetchone()


def set_link(conn: Connection[Any], pull_id: UUID, issue_id: UUID, *, run_id: UUID | None, linked_by: str) -> None:
    """The pull request belongs to the issue; `run_id` None leaves what is known of its run."""
    conn.execute(
        "UPDATE pull SET issue_id = %(issue_id)s, run_id = coalesce(%(run_id)s, run_id), linked_by = %(linked_by)s WHERE id = %(id)s",
        {"id": pull_id, "issue_id": issue_id, "run_id": run_id, "linked_by": linked_by},
    )


def set_reason(conn: Connection[Any], pull_id: UUID, reason: str) -> bool:
    """Why it was closed is known; False where it is not closed."""
    done = conn.execute(
        "UPDATE pull SET close_reason = %(reason)s WHERE id = %(id)s AND state = 'closed'", {"id": pull_id, "reason": reason}
    )
    return done.rowcount == 1


def forget_reason(conn: Connection[Any], pull_id: UUID) -> None:
    """It is open again: why it was closed is asked anew when it is."""
    conn.execute("UPDATE pull SET close_reason = NULL WHERE id = %(id)s", {"id": pull_id})


def select_unjudged(conn: Connection[Any], *, limit: int) -> list[UUID]:
    """Pull requests by people of the repository that belong to no issue, and of which nobody has asked why; newest first."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM pull
            WHERE issue_id IS NULL AND judged_at IS NULL AND is_trusted AND state <> 'closed'
            ORDER BY opened_at DESC
            LIMIT %(limit)s
            """,
            {"limit": limit},
        ).fetchall()


def set_judged(conn: Connection[Any], pull_id: UUID, *, at: datetime) -> None:
    """Its issue was looked for by its words."""
    conn.execute("UPDATE pull SET judged_at = %(at)s WHERE id = %(id)s", {"id": pull_id, "at": at})


def find_reconciled(conn: Connection[Any], repository: str) -> datetime | None:
    """Up to when everything is known of the repository's pull requests."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT until FROM reconciliation WHERE repository = lower(%(name)s)", {"name": repository}).fetchone()


def set_reconciled(conn: Connection[Any], repository: str, *, until: datetime) -> None:
    """Everything up to then is known."""
    conn.execute(
        """
        INSERT INTO reconciliation (repository, until)
        VALUES (lower(%(repository)s), %(until)s)
        ON CONFLICT (repository) DO UPDATE SET until = greatest(reconciliation.until, excluded.until)
        """,
        {"repository": repository, "until": until},
    )


def _columns(now: PullNow) -> dict[str, Any]:
    return {
        "url": now.url,
        "title": now.title,
        "body": now.body,
        "state": now.state,
        "author": now.author,
        "is_trusted": now.can_write and not now.is_bot,
        "is_fork": now.is_fork,
        "head_branch": now.head_branch,
        "head_sha": now.head_sha,
        "base_branch": now.base_branch,
        "opened_at": now.opened_at,
        "merged_at": now.merged_at,
        "merge_commit": now.merge_commit,
        "closed_at": now.closed_at,
    }
