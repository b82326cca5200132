"""The SQL of checks: the newest run of each of a repository's workflows on a commit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.clients.github_pulls import CiRun
from dispatch.pulls.shapes import Failure


def upsert_ci_run(conn: Connection[Any], run: CiRun) -> bool:
    """The run is known as far as it has come; False where something later was known already."""
    done = conn.execute(
        """
        INSERT INTO ci_run (repository, head_sha, workflow, event, external_id, attempt, name, url, state, at)
        VALUES (lower(%(repository)s), %(head_sha)s, %(workflow)s, %(event)s, %(external_id)s, %(attempt)s, %(name)s, %(url)s, %(state)s,
                %(at)s)
        ON CONFLICT (repository, head_sha, workflow, event) DO UPDATE
        SET external_id = excluded.external_id, attempt = excluded.attempt, name = excluded.name, url = excluded.url,
            state = excluded.state, at = excluded.at,
            rerun_at = CASE WHEN ci_run.external_id = excluded.external_id THEN ci_run.rerun_at END,
            rerun_refused = CASE WHEN ci_run.external_id = excluded.external_id THEN ci_run.rerun_refused END
        WHERE (excluded.external_id, excluded.attempt, excluded.state NOT IN ('waiting', 'held'), excluded.at)
              > (ci_run.external_id, ci_run.attempt, ci_run.state NOT IN ('waiting', 'held'), ci_run.at)
        """,
        run.model_dump(),
    )
    return done.rowcount == 1


def find_pull(conn: Connection[Any], repository: str, head_sha: str) -> UUID | None:
    """The pull request whose newest commit that is, an open one first."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM pull
            WHERE lower(repository) = lower(%(repository)s) AND head_sha = %(head_sha)s
            ORDER BY state IN ('draft', 'open') DESC, number DESC
            LIMIT 1
            """,
            {"repository": repository, "head_sha": head_sha},
        ).fetchone()


def select_unknown(conn: Connection[Any], *, quiet_since: datetime, looked_before: datetime, limit: int) -> list[UUID]:
    """Our open pull requests of whose checks, or of their second try, we heard no end for so long; the longest not looked at first."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT pull.id
            FROM pull
            WHERE state IN ('draft', 'open') AND run_id IS NOT NULL AND NOT is_fork
              AND greatest(opened_at, heard_at) < %(quiet_since)s
              AND (ci_looked_at IS NULL OR ci_looked_at < %(looked_before)s)
              AND ci_missing_sha IS DISTINCT FROM head_sha
              AND NOT EXISTS (
                  SELECT FROM ci_run
                  WHERE ci_run.repository = lower(pull.repository) AND ci_run.head_sha = pull.head_sha
                  HAVING bool_and(ci_run.state NOT IN ('waiting', 'held')
                                  AND NOT (ci_run.state = 'failing' AND ci_run.attempt = 1 AND ci_run.rerun_at IS NOT NULL
                                           AND ci_run.rerun_refused IS NULL))
              )
            ORDER BY ci_looked_at NULLS FIRST
            LIMIT %(limit)s
            """,
            {"quiet_since": quiet_since, "looked_before": looked_before, "limit": limit},
        ).fetchall()


def set_looked_at(conn: Connection[Any], ids: list[UUID], *, at: datetime) -> None:
    """Somebody asks GitHub about their checks now."""
    conn.execute("UPDATE pull SET ci_looked_at = %(at)s WHERE id = ANY(%(ids)s)", {"ids": ids, "at": at})


def set_missing(conn: Connection[Any], pull_id: UUID, head_sha: str, because: str, *, at: datetime) -> bool:
    """No check of that commit has started; False where another commit has come, or it was known."""
    done = conn.execute(
        """
        UPDATE pull
        SET ci_missing_sha = head_sha, ci_missing_because = %(because)s, ci_missing_at = %(at)s
        WHERE id = %(id)s AND head_sha = %(head_sha)s AND ci_missing_sha IS DISTINCT FROM head_sha
        """,
        {"id": pull_id, "head_sha": head_sha, "because": because, "at": at},
    )
    return done.rowcount == 1


def select_to_rerun(conn: Connection[Any], *, limit: int) -> list[Failure]:
    """Checks of our open pull requests' newest commits that failed at their first attempt."""
    with conn.cursor(row_factory=class_row(Failure)) as cursor:
        return cursor.execute(
            """
            SELECT pull.id AS pull_id, pull.repository, pull.head_sha, ci_run.external_id, ci_run.name, ci_run.url
            FROM ci_run JOIN pull ON lower(pull.repository) = ci_run.repository AND pull.head_sha = ci_run.head_sha
            WHERE pull.state IN ('draft', 'open') AND pull.run_id IS NOT NULL AND NOT pull.is_fork
              AND ci_run.state = 'failing' AND ci_run.attempt = 1 AND ci_run.rerun_at IS NULL
            ORDER BY ci_run.at
            LIMIT %(limit)s
            """,
            {"limit": limit},
        ).fetchall()


def set_rerun(conn: Connection[Any], repository: str, external_id: int, *, refused: str | None, at: datetime) -> None:
    """The run's failed jobs were asked to run once more, or GitHub refused that."""
    conn.execute(
        """
        UPDATE ci_run
        SET rerun_at = %(at)s, rerun_refused = %(refused)s
        WHERE repository = lower(%(repository)s) AND external_id = %(external_id)s
        """,
        {"repository": repository, "external_id": external_id, "refused": refused, "at": at},
    )


def select_broken(conn: Connection[Any], *, limit: int) -> list[Failure]:
    """What failed twice on our open pull requests' newest commits, once nothing runs there any more and no repair was asked for it."""
    with conn.cursor(row_factory=class_row(Failure)) as cursor:
        return cursor.execute(
            """
            SELECT pull.id AS pull_id, pull.repository, pull.head_sha, ci_run.external_id, ci_run.name, ci_run.url
            FROM ci_run JOIN pull ON lower(pull.repository) = ci_run.repository AND pull.head_sha = ci_run.head_sha
            WHERE pull.state IN ('draft', 'open') AND pull.run_id IS NOT NULL AND NOT pull.is_fork AND pull.issue_id IS NOT NULL
              AND ci_run.state = 'failing' AND (ci_run.attempt > 1 OR ci_run.rerun_refused IS NOT NULL)
              AND NOT EXISTS (
                  SELECT FROM ci_run AS other
                  WHERE other.repository = ci_run.repository AND other.head_sha = ci_run.head_sha
                    AND (other.state = 'waiting'
                         OR (other.state = 'failing' AND other.attempt = 1 AND other.rerun_refused IS NULL))
              )
              AND NOT EXISTS (
                  SELECT FROM round WHERE round.pull_id = pull.id AND round.kind = 'repair' AND round.key = pull.head_sha
              )
            ORDER BY pull.id, ci_run.at
            LIMIT %(limit)s
            """,
            {"limit": limit},
        ).fetchall()


def select_failing(conn: Connection[Any], pull_id: UUID) -> list[Failure]:
    """What fails on the pull request's newest commit."""
    with conn.cursor(row_factory=class_row(Failure)) as cursor:
        return cursor.execute(
            """
            SELECT pull.id AS pull_id, pull.repository, pull.head_sha, ci_run.external_id, ci_run.name, ci_run.url
            FROM ci_run JOIN pull ON lower(pull.repository) = ci_run.repository AND pull.head_sha = ci_run.head_sha
            WHERE pull.id = %(pull_id)s AND ci_run.state = 'failing'
            ORDER BY ci_run.at
            """,
            {"pull_id": pull_id},
        ).fetchall()


def delete_before(conn: Connection[Any], before: datetime, *, limit: int) -> int:
    """Checks that long ago are gone; returns how many."""
    return conn.execute(
        """
        DELETE FROM ci_run
        WHERE (repository, head_sha, workflow, event) IN (
            SELECT repository, head_sha, workflow, event
            FROM ci_run
            WHERE at < %(before)s
              AND NOT EXISTS (SELECT FROM pull WHERE pull.head_sha = ci_run.head_sha AND pull.state IN ('draft', 'open'))
            LIMIT %(limit)s
        )
        """,
        {"before": before, "limit": limit},
    ).rowcount
