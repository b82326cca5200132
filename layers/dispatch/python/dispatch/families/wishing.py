"""What a family wants of spawning, kept in its own row until somebody has asked for it: a work that is cut off loses nothing."""

from uuid import UUID

from dispatch.families import wish_store
from dispatch.families.shapes import Wish
from dispatch.kit.work import Work

AT_ONCE = 20


def link_issue(work: Work, family_id: UUID, issue_id: UUID) -> None:
    """The issue is the family's."""
    wish_store.link_issue(work.conn, family_id, issue_id)


def want_spawn(work: Work, family_id: UUID, *, is_renewed: bool = False) -> None:
    """A spawn is to be asked for. `is_renewed`: it came back, and what its spawns rest on begins now."""
    wish_store.set_wanting(work.conn, family_id, cause_at=work.now if is_renewed else None, at=work.now)


def list_wishing(work: Work) -> list[UUID]:
    """Families that want something, those that have waited longest first."""
    return wish_store.select_wishing(work.conn, limit=AT_ONCE)


def take_wish(work: Work, family_id: UUID) -> Wish | None:
    """What the family wants is this work's to do; None where it is another's, or done."""
    return wish_store.take_wish(work.conn, family_id, at=work.now)
