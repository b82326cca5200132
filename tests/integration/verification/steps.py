"""An error with its issue, in one line, so that a test can begin where it matters."""

from dispatch import issues
from dispatch.issues import Issue, NewIssue
from dispatch.kit.actors import SYSTEM
from dispatch.kit.ids import new_id
from dispatch.kit.work import work


def make_error(message: str = "no such order", **more) -> Issue:
    """An error's issue, as intake makes it."""
    with work() as unit:
        issue = issues.create_issue(unit, NewIssue(title=f"[shop/orders] {message}", **more), actor=SYSTEM, source="error")
        unit.conn.execute(
            """
            INSERT INTO family (id, name, issue_id, source, feature, message, level, first_seen, last_seen, created_at)
            VALUES (%s, %s, %s, 'shop', 'orders', %s, 'error', %s, %s, %s)
            """,
            [new_id(), f"shop/orders#{issue.identifier[-8:]}", issue.id, message, unit.now, unit.now, unit.now],
        )
        return issue
