"""The SQL of fix attempts. What screens show comes from the view `fix_card`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from dispatch.verification.shapes import Commit, FixAttempt, FixFamily, Numbers
from dispatch.verification.verdict import Ruling


def insert_attempt(conn: Connection[Any], attempt_id: UUID, pull_id: UUID, *, reason: str, at_most_until: datetime, at: datetime) -> None:
    """The merged pull request has its attempt."""
    conn.execute(
        """
        INSERT INTO fix_attempt (id, pull_id, issue_id, repository, merge_commit, merged_at, state, reason, at_most_until, created_at)
        SELECT %(id)s, id, issue_id, lower(repository), merge_commit, merged_at, 'awaiting_deploy', %(reason)s, %(at_most_until)s, %(at)s
        FROM pull
        WHERE id = %(pull_id)s
        """,
        {"id": attempt_id, "pull_id": pull_id, "reason": reason, "at_most_until": at_most_until, "at": at},
    )


def has_attempt(conn: Connection[Any], pull_id: UUID) -> bool:
    """Whether the pull request has its attempt."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute("SELECT EXISTS (SELECT FROM fix_attempt WHERE pull_id = %(id)s)", {"id": pull_id}).fetchone())


def delete_elsewhere(conn: Connection[Any], pull_id: UUID, issue_id: UUID) -> None:
    """The pull request belongs to that issue now: what was watched for another is no more."""
    conn.execute(
        "DELETE FROM fix_attempt WHERE pull_id = %(pull_id)s AND issue_id <> %(issue_id)s AND decided_at IS NULL",
        {"pull_id": pull_id, "issue_id": issue_id},
    )


def select_unbegun(conn: Connection[Any], *, merged_since: datetime, limit: int) -> list[UUID]:
    """Merged pull requests of errors' issues that have no attempt there, oldest first."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT pull.id
            FROM pull JOIN family ON family.issue_id = pull.issue_id
            WHERE pull.state = 'merged' AND pull.merged_at >= %(merged_since)s
              AND NOT EXISTS (
                  SELECT FROM fix_attempt
                  WHERE fix_attempt.pull_id = pull.id AND (fix_attempt.issue_id = pull.issue_id OR fix_attempt.decided_at IS NOT NULL)
              )
            ORDER BY pull.merged_at
            LIMIT %(limit)s
            """,
            {"merged_since": merged_since, "limit": limit},
        ).fetchall()


def supersede(conn: Connection[Any], attempt_id: UUID, by: UUID, *, reason: str, at: datetime) -> None:
    """The attempt, and what was watched with it, is watched with that newer one from now on."""
    conn.execute(
        """
        UPDATE fix_attempt
        SET superseded_by = %(by)s,
            state = CASE WHEN decided_at IS NULL THEN 'unproven' ELSE state END,
            reason = CASE WHEN decided_at IS NULL THEN %(reason)s ELSE reason END,
            decided_at = coalesce(decided_at, %(at)s)
        WHERE id = %(id)s OR superseded_by = %(id)s
        """,
        {"id": attempt_id, "by": by, "reason": reason, "at": at},
    )


def select_attempts(conn: Connection[Any], issue_id: UUID, *, limit: int) -> list[FixAttempt]:
    """The issue's fix attempts, newest first."""
    with conn.cursor(row_factory=class_row(FixAttempt)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, family, pull, merge_commit, merged_at, state, environment, deployed_at, deployed_sha, rollout_at,
                   watch_until, at_most_until, numbers, reason, seen, decided_at
            FROM fix_card
            WHERE issue_id = %(issue_id)s
            ORDER BY created_at DESC, id DESC
            LIMIT %(limit)s
            """,
            {"issue_id": issue_id, "limit": limit},
        ).fetchall()


def select_attempt(conn: Connection[Any], attempt_id: UUID, *, lock: bool) -> FixAttempt | None:
    """The attempt; `lock` holds it until the work ends."""
    if lock:
        conn.execute("SELECT FROM fix_attempt WHERE id = %(id)s FOR UPDATE", {"id": attempt_id})
    with conn.cursor(row_factory=class_row(FixAttempt)) as cursor:
        return cursor.execute(
            """
            SELECT id, issue_id, family, pull, merge_commit, merged_at, state, environment, deployed_at, deployed_sha, rollout_at,
                   watch_until, at_most_until, numbers, reason, seen, decided_at
            FROM fix_card
            WHERE id = %(id)s
            """,
            {"id": attempt_id},
        ).fetchone()


def take_open(conn: Connection[Any], *, at: datetime, limit: int) -> list[UUID]:
    """Attempts that a deployment may concern, those that were looked at longest ago, and noted as looked at now.

    These are unfinished ones, and the newest of an open issue that was given up because no deployment ever came.
    """
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            WITH open AS MATERIALIZED (
                SELECT fix_attempt.id
                FROM fix_attempt JOIN issue ON issue.id = fix_attempt.issue_id
                WHERE decided_at IS NULL
                   OR (state = 'unproven' AND deployed_at IS NULL AND superseded_by IS NULL AND issue.closed_at IS NULL
                       AND NOT EXISTS (
                           SELECT FROM fix_attempt AS newer
                           WHERE newer.issue_id = fix_attempt.issue_id AND newer.created_at > fix_attempt.created_at
                       ))
                ORDER BY looked_at NULLS FIRST, fix_attempt.merged_at
                LIMIT %(limit)s
                FOR UPDATE OF fix_attempt SKIP LOCKED
            )
            UPDATE fix_attempt SET looked_at = %(at)s FROM open WHERE fix_attempt.id = open.id RETURNING fix_attempt.id
            """,
            {"at": at, "limit": limit},
        ).fetchall()


def select_due(conn: Connection[Any], *, at: datetime, limit: int) -> list[UUID]:
    """Attempts whose window, or whose patience, has ended; longest ago first."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM fix_attempt
            WHERE (state = 'watching' AND watch_until <= %(at)s) OR (state = 'awaiting_deploy' AND at_most_until <= %(at)s)
            ORDER BY watch_until
            LIMIT %(limit)s
            """,
            {"at": at, "limit": limit},
        ).fetchall()


def select_commits(conn: Connection[Any], attempt_id: UUID) -> list[Commit]:
    """What has to be in production: the attempt's own merge, and those of the attempts that are watched with it."""
    with conn.cursor(row_factory=class_row(Commit)) as cursor:
        return cursor.execute(
            """
            SELECT repository, merge_commit AS sha, merged_at
            FROM fix_attempt
            WHERE id = %(id)s OR superseded_by = %(id)s
            ORDER BY merged_at
            """,
            {"id": attempt_id},
        ).fetchall()


def set_watching(
    conn: Connection[Any],
    attempt_id: UUID,
    *,
    environment: str | None,
    rollout_at: datetime,
    deployed_at: datetime,
    deployed_sha: str | None,
    watch_until: datetime,
    at_most_until: datetime,
    reason: str,
) -> None:
    """The attempt is in production since then, and watched."""
    conn.execute(
        """
        UPDATE fix_attempt
        SET state = 'watching', environment = %(environment)s, rollout_at = %(rollout_at)s, deployed_at = %(deployed_at)s,
            deployed_sha = %(deployed_sha)s, watch_until = %(watch_until)s, at_most_until = %(at_most_until)s, reason = %(reason)s,
            numbers = NULL, decided_at = NULL
        WHERE id = %(id)s
        """,
        {
            "id": attempt_id,
            "environment": environment,
            "rollout_at": rollout_at,
            "deployed_at": deployed_at,
            "deployed_sha": deployed_sha,
            "watch_until": watch_until,
            "at_most_until": at_most_until,
            "reason": reason,
        },
    )


def set_awaiting(conn: Connection[Any], attempt_id: UUID, *, at_most_until: datetime, reason: str) -> None:
    """The attempt is in production no more, or waits for a deployment again."""
    conn.execute(
        """
        UPDATE fix_attempt
        SET state = 'awaiting_deploy', environment = NULL, rollout_at = NULL, deployed_at = NULL, deployed_sha = NULL, watch_until = NULL,
            at_most_until = %(at_most_until)s, reason = %(reason)s, numbers = NULL, decided_at = NULL
        WHERE id = %(id)s
        """,
        {"id": attempt_id, "at_most_until": at_most_until, "reason": reason},
    )


def set_until(
    conn: Connection[Any], attempt_id: UUID, *, watch_until: datetime, at_most_until: datetime, numbers: Numbers | None, reason: str
) -> None:
    """The attempt is watched on until then."""
    conn.execute(
        """
        UPDATE fix_attempt
        SET state = 'watching', watch_until = %(watch_until)s, at_most_until = %(at_most_until)s, numbers = %(numbers)s,
            reason = %(reason)s, decided_at = NULL
        WHERE id = %(id)s
        """,
        {
            "id": attempt_id,
            "watch_until": watch_until,
            "at_most_until": at_most_until,
            "numbers": Jsonb(numbers.model_dump()) if numbers else None,
            "reason": reason,
        },
    )


def set_decided(conn: Connection[Any], attempt_id: UUID, ruling: Ruling, *, at: datetime) -> None:
    """The attempt has its verdict, with its numbers."""
    conn.execute(
        """
        UPDATE fix_attempt
        SET state = %(state)s, reason = %(reason)s, numbers = %(numbers)s, decided_at = %(at)s
        WHERE id = %(id)s
        """,
        {
            "id": attempt_id,
            "state": ruling.state,
            "reason": ruling.reason,
            "numbers": Jsonb(ruling.numbers.model_dump()) if ruling.numbers else None,
            "at": at,
        },
    )


def note_sighting(conn: Connection[Any], attempt_id: UUID, *, because: str, counts: bool, at: datetime) -> None:
    """What was seen is noted with what it was held to be, once more where that is known."""
    conn.execute(
        """
        INSERT INTO fix_sighting (attempt_id, because, counts, at)
        VALUES (%(attempt_id)s, %(because)s, %(counts)s, %(at)s)
        ON CONFLICT (attempt_id, because) DO UPDATE
        SET times = fix_sighting.times + 1, at = greatest(fix_sighting.at, excluded.at)
        """,
        {"attempt_id": attempt_id, "because": because, "counts": counts, "at": at},
    )


def hold_family(conn: Connection[Any], issue_id: UUID) -> FixFamily | None:
    """The issue's error, held until the work ends: intake holds an error before its issue, and so does everybody."""
    with conn.cursor(row_factory=class_row(FixFamily)) as cursor:
        return cursor.execute(
            "SELECT id, name FROM family WHERE issue_id = %(issue_id)s FOR NO KEY UPDATE", {"issue_id": issue_id}
        ).fetchone()


def find_family(conn: Connection[Any], issue_id: UUID) -> FixFamily | None:
    """The error that the issue is about."""
    with conn.cursor(row_factory=class_row(FixFamily)) as cursor:
        return cursor.execute("SELECT id, name FROM family WHERE issue_id = %(issue_id)s", {"issue_id": issue_id}).fetchone()


def find_quiet_since(conn: Connection[Any], family_id: UUID, *, since: datetime) -> datetime | None:
    """When anything of the error was seen or ended last, from then on."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT max(greatest(last_seen, ended_at))
            FROM sighting
            WHERE family_id = %(family_id)s AND (last_seen >= %(since)s OR ended_at >= %(since)s)
            """,
            {"family_id": family_id, "since": since},
        ).fetchone()


def select_active_hours(conn: Connection[Any], family_id: UUID, *, since: datetime, until: datetime) -> list[datetime]:
    """The hours in which the error was reported, oldest first: those too in which an alert was only told again, for it was firing."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT DISTINCT hour
            FROM fingerprint JOIN sighting_hour ON sighting_hour.fingerprint = fingerprint.hash
            WHERE fingerprint.family_id = %(family_id)s AND hour >= %(since)s AND hour < %(until)s
            ORDER BY hour
            """,
            {"family_id": family_id, "since": since, "until": until},
        ).fetchall()
