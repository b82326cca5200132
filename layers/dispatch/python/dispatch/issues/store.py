"""The SQL of issues. What screens show comes from the view `issue_card`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from dispatch.issues.shapes import Column, Issue, IssueCard, IssueFilter, Label, NewIssue, Status
from dispatch.kit.actors import Actor


def take_identifier(conn: Connection[Any], *, name: str, prefix: str) -> tuple[int, str]:
    """The next number and its identifier; the workspace is made on first use."""
    row = conn.execute(
        """
        INSERT INTO workspace (name, issue_prefix, next_issue_number)
        VALUES (%(name)s, %(prefix)s, 2)
        ON CONFLICT (id) DO UPDATE SET next_issue_number = workspace.next_issue_number + 1
        RETURNING next_issue_number - 1, issue_prefix
        """,
        {"name": name, "prefix": prefix},
    ).fetchone()
    assert row is not None  # noqa: S101 - an upsert returns its row
    return row[0], f"{row[1]}-{row[0]}"


def insert_issue(
    conn: Connection[Any],
    *,
    issue_id: UUID,
    number: int,
    identifier: str,
    new: NewIssue,
    status_id: UUID,
    customer_id: UUID | None,
    source: str,
    actor: Actor,
    at: Any,
) -> None:
    """The issue's row is written."""
    conn.execute(
        """
        INSERT INTO issue (id, number, identifier, title, description, status_id, priority, customer_id, source, created_by, created_at,
                           updated_at)
        VALUES (%(id)s, %(number)s, %(identifier)s, %(title)s, %(description)s, %(status_id)s, %(priority)s, %(customer_id)s, %(source)s,
                %(actor)s, %(at)s, %(at)s)
        """,
        {
            "id": issue_id,
            "number": number,
            "identifier": identifier,
            "title": new.title,
            "description": new.description,
            "status_id": status_id,
            "priority": new.priority,
            "customer_id": customer_id,
            "source": source,
            "actor": Jsonb(actor.model_dump(mode="json")),
            "at": at,
        },
    )


def find_issue_id(conn: Connection[Any], *, id: UUID | None, identifier: str | None, lock: bool) -> UUID | None:
    """The id of the issue so named; `lock` holds its row until the work ends, though others may refer to it."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        if lock:
            cursor.execute(
                "SELECT id FROM issue WHERE id = %(id)s OR identifier = %(identifier)s FOR NO KEY UPDATE",
                {"id": id, "identifier": identifier},
            )
        else:
            cursor.execute("SELECT id FROM issue WHERE id = %(id)s OR identifier = %(identifier)s", {"id": id, "identifier": identifier})
        return cursor.fetchone()


def select_issue(conn: Connection[Any], issue_id: UUID) -> Issue | None:
    """The issue whole."""
    with conn.cursor(row_factory=class_row(Issue)) as cursor:
        return cursor.execute(
            """
            SELECT id, identifier, title, description, priority, source, created_by, created_at, updated_at, status, labels, running,
                   plan_waiting, question_waiting, branch, cost_usd, customer
            FROM issue_card
            WHERE id = %(id)s
            """,
            {"id": issue_id},
        ).fetchone()


def select_issues(conn: Connection[Any], wanted: IssueFilter, *, after: list[Any] | None, limit: int) -> list[IssueCard]:
    """Newest first; `after` is the age and id of the last one seen."""
    with conn.cursor(row_factory=class_row(IssueCard)) as cursor:
        return cursor.execute(
            """
            SELECT id, identifier, title, priority, created_at, updated_at, status, labels, running, plan_waiting, question_waiting,
                   branch, cost_usd, customer
            FROM issue_card
            WHERE id IN (
                SELECT issue.id
                FROM issue JOIN status ON status.id = issue.status_id
                WHERE (%(status)s::text IS NULL OR lower(status.name) = lower(%(status)s))
                  AND (%(priority)s::text IS NULL OR issue.priority = %(priority)s)
                  AND (%(closed)s::boolean IS NULL OR status.is_closed = %(closed)s)
                  AND (%(label)s::text IS NULL OR EXISTS (
                      SELECT FROM issue_label JOIN label ON label.id = issue_label.label_id
                      WHERE issue_label.issue_id = issue.id AND lower(label.name) = lower(%(label)s)
                  ))
                  AND (%(at)s::timestamptz IS NULL OR (issue.created_at, issue.id) < (%(at)s::timestamptz, %(id)s::uuid))
                ORDER BY issue.created_at DESC, issue.id DESC
                LIMIT %(limit)s
            )
            ORDER BY created_at DESC, id DESC
            """,
            {
                "status": wanted.status,
                "priority": wanted.priority,
                "label": wanted.label,
                "closed": wanted.closed,
                "at": after[0] if after else None,
                "id": after[1] if after else None,
                "limit": limit,
            },
        ).fetchall()


def select_found(conn: Connection[Any], query: str, identifier: str, limit: int) -> list[IssueCard]:
    """The issue so identified first, then those that share words with the query, best first."""
    with conn.cursor(row_factory=class_row(IssueCard)) as cursor:
        return cursor.execute(
            """
            WITH wanted AS (
                SELECT replace(plainto_tsquery('english', %(query)s)::text, '&', '|')::tsquery AS words
            ), found AS (
                SELECT issue.id,
                       CASE WHEN issue.identifier = %(identifier)s THEN 1000 ELSE ts_rank_cd(issue.search, wanted.words) END AS score
                FROM issue, wanted
                WHERE issue.search @@ wanted.words OR issue.identifier = %(identifier)s
                ORDER BY score DESC, issue.created_at DESC
                LIMIT %(limit)s
            )
            SELECT card.id, identifier, title, priority, created_at, updated_at, status, labels, running, plan_waiting, question_waiting,
                   branch, cost_usd, customer
            FROM found JOIN issue_card AS card ON card.id = found.id
            ORDER BY found.score DESC, created_at DESC
            """,
            {"query": query, "identifier": identifier, "limit": limit},
        ).fetchall()


def select_columns(conn: Connection[Any]) -> list[Column]:
    """Every column with its total, without cards."""
    with conn.cursor(row_factory=class_row(Column)) as cursor:
        return cursor.execute(
            """
            SELECT to_jsonb(status) AS status, coalesce(counted.total, 0) AS total, '[]'::jsonb AS items, NULL AS next_cursor
            FROM status
            LEFT JOIN (SELECT status_id, count(*) AS total FROM issue GROUP BY status_id) AS counted ON counted.status_id = status.id
            ORDER BY status.position
            """
        ).fetchall()


def select_cards(conn: Connection[Any], status_id: UUID, *, after: list[Any] | None, limit: int) -> list[IssueCard]:
    """A column's cards: most urgent first, then newest; `after` is the priority, age and id of the last one seen."""
    with conn.cursor(row_factory=class_row(IssueCard)) as cursor:
        return cursor.execute(
            """
            SELECT id, identifier, title, priority, created_at, updated_at, status, labels, running, plan_waiting, question_waiting,
                   branch, cost_usd, customer
            FROM issue_card
            WHERE id IN (
                SELECT id
                FROM issue
                WHERE status_id = %(status_id)s
                  AND (%(priority)s::text IS NULL
                       OR priority > %(priority)s
                       OR (priority = %(priority)s AND (created_at, id) < (%(at)s::timestamptz, %(id)s::uuid)))
                ORDER BY priority, created_at DESC, id DESC
                LIMIT %(limit)s
            )
            ORDER BY priority, created_at DESC, id DESC
            """,
            {
                "status_id": status_id,
                "priority": after[0] if after else None,
                "at": after[1] if after else None,
                "id": after[2] if after else None,
                "limit": limit,
            },
        ).fetchall()


def update_issue(
    conn: Connection[Any],
    issue_id: UUID,
    *,
    title: str | None,
    description: str | None,
    priority: str | None,
    status_id: UUID | None,
    at: Any,
) -> None:
    """What is given is changed; None leaves it."""
    conn.execute(
        """
        UPDATE issue
        SET title = coalesce(%(title)s, title),
            description = coalesce(%(description)s, description),
            priority = coalesce(%(priority)s, priority),
            status_id = coalesce(%(status_id)s, status_id),
            updated_at = %(at)s
        WHERE id = %(id)s
        """,
        {"id": issue_id, "title": title, "description": description, "priority": priority, "status_id": status_id, "at": at},
    )


def set_customer(conn: Connection[Any], issue_id: UUID, customer_id: UUID | None) -> None:
    """The issue is for that customer, or for none."""
    conn.execute("UPDATE issue SET customer_id = %(customer_id)s WHERE id = %(id)s", {"id": issue_id, "customer_id": customer_id})


def has_unverified_error(conn: Connection[Any], issue_id: UUID) -> bool:
    """Whether an error's family belongs to the issue, and no fix of it is verified."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                """
                SELECT EXISTS (
                    SELECT FROM issue JOIN family ON family.issue_id = issue.id
                    WHERE issue.id = %(id)s AND issue.fix_verified_at IS NULL
                )
                """,
                {"id": issue_id},
            ).fetchone()
        )


def set_verified(conn: Connection[Any], issue_id: UUID, *, at: datetime) -> None:
    """A fix of it is verified."""
    conn.execute("UPDATE issue SET fix_verified_at = %(at)s WHERE id = %(id)s", {"id": issue_id, "at": at})


def set_closed(conn: Connection[Any], issue_id: UUID, *, at: datetime | None) -> None:
    """The issue is closed since then; None: it is open, and whatever fix there was holds no more."""
    conn.execute(
        """
        UPDATE issue
        SET closed_at = %(at)s, fix_verified_at = CASE WHEN %(at)s::timestamptz IS NOT NULL THEN fix_verified_at END
        WHERE id = %(id)s
        """,
        {"id": issue_id, "at": at},
    )


def find_closed_at(conn: Connection[Any], issue_id: UUID) -> datetime | None:
    """Since when it is closed."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT closed_at FROM issue WHERE id = %(id)s", {"id": issue_id}).fetchone()


def delete_issue(conn: Connection[Any], issue_id: UUID) -> None:
    """The issue and everything that belongs to it is gone; the ledger stays."""
    conn.execute("DELETE FROM issue WHERE id = %(id)s", {"id": issue_id})


def select_statuses(conn: Connection[Any]) -> list[Status]:
    """The columns in order."""
    with conn.cursor(row_factory=class_row(Status)) as cursor:
        return cursor.execute("SELECT id, name, color, position, is_closed FROM status ORDER BY position").fetchall()


def select_labels(conn: Connection[Any]) -> list[Label]:
    """All labels by name."""
    with conn.cursor(row_factory=class_row(Label)) as cursor:
        return cursor.execute("SELECT id, name, color FROM label ORDER BY lower(name)").fetchall()


def replace_labels(conn: Connection[Any], issue_id: UUID, names: list[str]) -> None:
    """The issue has these labels and no other; those that were unknown are made, in grey."""
    conn.execute(
        """
        INSERT INTO label (name, color)
        SELECT name, '#6B7280' FROM unnest(%(names)s::text[]) AS name
        ON CONFLICT (lower(name)) DO NOTHING
        """,
        {"names": sorted(set(names), key=str.lower)},
    )
    conn.execute("DELETE FROM issue_label WHERE issue_id = %(id)s", {"id": issue_id})
    conn.execute(
        """
        INSERT INTO issue_label (issue_id, label_id)
        SELECT %(id)s, id FROM label WHERE lower(name) = ANY(SELECT lower(name) FROM unnest(%(names)s::text[]) AS name)
        """,
        {"id": issue_id, "names": names},
    )
