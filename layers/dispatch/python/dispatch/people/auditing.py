"""The audit: who changed what, when, from where, before and after. Append-only."""

from typing import Any

from dispatch.kit.actors import Actor
from dispatch.kit.wire import to_json
from dispatch.kit.work import Work
from dispatch.people import token_store
from dispatch.people.shapes import AuditRow, Caller


def audit(
    work: Work,
    actor: Actor,
    action: str,
    subject: str,
    before: Any = None,
    after: Any = None,
    *,
    address: str | None = None,
) -> None:
    """The change is in the audit with this work's commit.

    `action` is `noun.participle`, `subject` is `noun:id`; neither `before` nor `after` may hold a secret.
    """
    token_store.insert_audit(
        work.conn,
        {
            "at": work.now,
            "actor": to_json(actor),
            "address": address,
            "action": str(action),
            "subject": subject,
            "before": None if before is None else to_json(before),
            "after": None if after is None else to_json(after),
        },
    )


def audit_by(work: Work, caller: Caller, action: str, subject: str, *, before: Any = None, after: Any = None) -> None:
    """Like `audit`, by a caller, whose address is known."""
    audit(work, caller.actor, action, subject, before, after, address=caller.address)


def list_audit(work: Work, *, before: int | None = None, limit: int = 100) -> list[AuditRow]:
    """The audit's rows, newest first; `before` is the id of the last row read."""
    return token_store.list_audit(work.conn, before=before, limit=limit)
