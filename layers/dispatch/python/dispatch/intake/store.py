"""The SQL of how things stand with an error's issue: what is done about it belongs to other rooms, and is read here at once."""

from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.intake.shapes import Standing


def select_standing(conn: Connection[Any], issue_id: UUID) -> Standing | None:
    """How things stand with the issue; None where it is gone."""
    with conn.cursor(row_factory=class_row(Standing)) as cursor:
        return cursor.execute(
            """
            SELECT issue.id, issue.identifier, issue.priority, customer.slug AS customer, status.is_closed, now.is_watched, now.has_run,
                   now.has_fix_on_its_way OR now.has_run
                   OR EXISTS (SELECT FROM spawn WHERE spawn.issue_id = issue.id AND spawn.state = 'waiting')
                   OR EXISTS (SELECT FROM pull WHERE pull.issue_id = issue.id AND pull.state IN ('draft', 'open')) AS is_attended
            FROM issue
            JOIN status ON status.id = issue.status_id
            LEFT JOIN customer ON customer.id = issue.customer_id
            CROSS JOIN LATERAL (
                SELECT EXISTS (
                    SELECT FROM fix_attempt WHERE fix_attempt.issue_id = issue.id AND state IN ('awaiting_deploy', 'watching', 'unproven')
                ) AS is_watched, EXISTS (
                    SELECT FROM fix_attempt WHERE fix_attempt.issue_id = issue.id AND state IN ('awaiting_deploy', 'watching')
                ) AS has_fix_on_its_way, EXISTS (
                    SELECT FROM run WHERE run.issue_id = issue.id AND run.state <> 'finished'
                ) AS has_run
            ) AS now
            WHERE issue.id = %(id)s
            """,
            {"id": issue_id},
        ).fetchone()


def select_changed_by_others(conn: Connection[Any], issue_id: UUID) -> set[str]:
    """What of the issue somebody has changed by hand, by the names of the fields: intake leaves that as it is."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return set(
            cursor.execute(
                """
                SELECT DISTINCT jsonb_object_keys(data -> 'changes')
                FROM activity
                WHERE issue_id = %(id)s AND kind = 'issue.changed' AND actor ->> 'kind' <> 'system'
                """,
                {"id": issue_id},
            ).fetchall()
        )
