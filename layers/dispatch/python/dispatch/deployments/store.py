"""The SQL of deployments."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.clients.github_deployments import DeploymentNow
from dispatch.deployments.shapes import Deployment


def upsert_deployment(conn: Connection[Any], now: DeploymentNow) -> bool:
    """The deployment is known as it was last; False where as much or more was known already."""
    done = conn.execute(
        """
        INSERT INTO deployment (repository, external_id, environment, sha, state, url, began_at, ended_at, heard_at)
        VALUES (lower(%(repository)s), %(external_id)s, %(environment)s, %(sha)s, %(state)s, %(url)s, %(began_at)s,
                CASE WHEN %(state)s <> 'in_progress' THEN %(at)s END, %(at)s)
        ON CONFLICT (repository, external_id) DO UPDATE
        SET environment = excluded.environment, state = excluded.state, url = coalesce(excluded.url, deployment.url),
            began_at = CASE WHEN excluded.state = 'in_progress' THEN excluded.began_at ELSE deployment.began_at END,
            ended_at = excluded.ended_at, heard_at = excluded.heard_at
        WHERE (excluded.heard_at, array_position(ARRAY['in_progress', 'succeeded', 'failed'], excluded.state))
              > (deployment.heard_at, array_position(ARRAY['in_progress', 'succeeded', 'failed'], deployment.state))
        """,
        now.model_dump(include={"repository", "external_id", "environment", "sha", "state", "url", "began_at", "at"}),
    )
    return done.rowcount == 1


def find_sha(conn: Connection[Any], repository: str, external_id: str) -> str | None:
    """Which commit that deployment is of; None where nobody told of it yet."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "SELECT sha FROM deployment WHERE repository = lower(%(repository)s) AND external_id = %(external_id)s",
            {"repository": repository, "external_id": external_id},
        ).fetchone()


def select_latest(conn: Connection[Any], *, limit: int) -> list[Deployment]:
    """The deployments heard of last, latest first."""
    with conn.cursor(row_factory=class_row(Deployment)) as cursor:
        return cursor.execute(
            """
            SELECT repository, external_id, environment, sha, state, url, began_at, ended_at, heard_at
            FROM deployment
            ORDER BY heard_at DESC, external_id
            LIMIT %(limit)s
            """,
            {"limit": limit},
        ).fetchall()


def matters(conn: Connection[Any], repository: str, *, since: datetime) -> bool:
    """Whether deployments are heard of there, or an error's fix has been merged since then."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                """
                SELECT EXISTS (SELECT FROM deployment WHERE repository = lower(%(repository)s) AND heard_at > %(since)s)
                    OR EXISTS (
                        SELECT FROM pull JOIN family USING (issue_id)
                        WHERE lower(pull.repository) = lower(%(repository)s) AND pull.merged_at > %(since)s
                    )
                """,
                {"repository": repository, "since": since},
            ).fetchone()
        )


def select_ended(conn: Connection[Any], repository: str, *, since: datetime) -> set[str]:
    """The deployments whose end since then is known, by their external ids."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(
            "SELECT external_id FROM deployment WHERE repository = lower(%(repository)s) AND ended_at > %(since)s",
            {"repository": repository, "since": since},
        ).fetchall()
        return set(found)


def is_any(conn: Connection[Any], repository: str) -> bool:
    """Whether any deployment of the repository was ever heard of."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                "SELECT EXISTS (SELECT FROM deployment WHERE repository = lower(%(repository)s))", {"repository": repository}
            ).fetchone()
        )


def select_succeeded(conn: Connection[Any], repository: str, *, since: datetime) -> list[Deployment]:
    """What came to production since then, oldest first."""
    with conn.cursor(row_factory=class_row(Deployment)) as cursor:
        return cursor.execute(
            """
            SELECT repository, external_id, environment, sha, state, url, began_at, ended_at, heard_at
            FROM deployment
            WHERE repository = lower(%(repository)s) AND state = 'succeeded' AND ended_at >= %(since)s
            ORDER BY ended_at, external_id
            """,
            {"repository": repository, "since": since},
        ).fetchall()


def select_newest(conn: Connection[Any], repository: str, *, before: datetime, other_than: str | None) -> Deployment | None:
    """What came to production last before then, with another commit than that one."""
    with conn.cursor(row_factory=class_row(Deployment)) as cursor:
        return cursor.execute(
            """
            SELECT repository, external_id, environment, sha, state, url, began_at, ended_at, heard_at
            FROM deployment
            WHERE repository = lower(%(repository)s) AND state = 'succeeded' AND ended_at <= %(before)s
              AND (%(other_than)s::text IS NULL OR sha <> %(other_than)s)
            ORDER BY ended_at DESC, external_id DESC
            LIMIT 1
            """,
            {"repository": repository, "before": before, "other_than": other_than},
        ).fetchone()


def select_in_progress(conn: Connection[Any], repository: str, *, heard_since: datetime) -> Deployment | None:
    """The deployment that is on its way and was heard of since then, the latest first."""
    with conn.cursor(row_factory=class_row(Deployment)) as cursor:
        return cursor.execute(
            """
            SELECT repository, external_id, environment, sha, state, url, began_at, ended_at, heard_at
            FROM deployment
            WHERE repository = lower(%(repository)s) AND state = 'in_progress' AND heard_at > %(heard_since)s
            ORDER BY heard_at DESC
            LIMIT 1
            """,
            {"repository": repository, "heard_since": heard_since},
        ).fetchone()
