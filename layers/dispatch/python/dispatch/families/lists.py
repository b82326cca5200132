"""Looking at families: one, its sightings, how often and whom it hits, and whether it is to stay out."""

from datetime import datetime
from uuid import UUID

from dispatch import issues
from dispatch.families import list_store, store
from dispatch.families.shapes import Family, FamilyNotFound, Mute, Picture, SightingPage
from dispatch.kit.shapes import from_cursor, to_cursor
from dispatch.kit.work import Work


def find_family(work: Work, ref: UUID | str) -> Family | None:
    """The family with this id, name, or identifier of its issue."""
    if isinstance(ref, UUID):
        return list_store.select_family(work.conn, family_id=ref)
    try:
        return list_store.select_family(work.conn, family_id=UUID(ref))
    except ValueError:
        return list_store.select_family(work.conn, name=ref) or _find_by_identifier(work, ref)


def get_family(work: Work, ref: UUID | str) -> Family:
    """The family with this id, name, or identifier of its issue. Raises FamilyNotFound."""
    family = find_family(work, ref)
    if family is None:
        raise FamilyNotFound(f"There is no error {str(ref)[:100]}.")
    return family


def find_by_issue(work: Work, issue_id: UUID) -> Family | None:
    """The family whose issue this is."""
    return list_store.select_family(work.conn, issue_id=issue_id)


def get_picture(work: Work, family_id: UUID) -> Picture:
    """What is known of the family. Raises FamilyNotFound."""
    picture = list_store.select_picture(work.conn, family_id)
    if picture is None:
        raise FamilyNotFound
    return picture


def list_sightings(
    work: Work,
    family_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> SightingPage:
    """The family's sightings that were seen last in that time, latest first. Raises BadInput for a cursor that is not ours."""
    after = from_cursor(cursor, 2)
    found = list_store.select_sightings(work.conn, family_id, since=since, until=until, after=after, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return SightingPage(items=found[:limit], next_cursor=to_cursor(last.last_seen, last.id) if last else None)


def active_hours(work: Work, family_id: UUID, since: datetime, until: datetime) -> int:
    """In how many hours of that time, whole or begun, the family was seen."""
    return list_store.count_active_hours(work.conn, family_id, since=since, until=until)


def is_firing(work: Work, family_id: UUID) -> bool:
    """Whether an alert about the family has not been resolved."""
    return store.is_firing(work.conn, family_id)


def first_heard_of(work: Work, release: str) -> datetime | None:
    """When any report named that release first; None where none did."""
    return list_store.find_heard_at(work.conn, release)


def is_muted(work: Work, family: Family) -> Mute | None:
    """The mute that keeps the family out; None where none does."""
    return list_store.find_mute(work.conn, source=family.source, name=family.name, at=work.now)


def _find_by_identifier(work: Work, identifier: str) -> Family | None:
    issue = issues.find_issue(work, identifier)
    return find_by_issue(work, issue.id) if issue else None
