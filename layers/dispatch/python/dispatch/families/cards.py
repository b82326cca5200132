"""What screens show of families: pages of cards, one whole, and the frame that says how it is now."""

import re
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from dispatch import stream
from dispatch.families import card_store, lists, wish_store
from dispatch.families.card_shapes import FamilyCard, FamilyFilter, FamilyPage, FamilyWhole, HourCount
from dispatch.families.shapes import FamilyNotFound
from dispatch.kit.events import Event
from dispatch.kit.shapes import from_cursor, to_cursor
from dispatch.kit.work import Work

TOPIC = "errors"
SHOWN = timedelta(days=14)
MOST_WORDS = 10
TOLD_AT_ONCE = 200


def list_families(work: Work, wanted: FamilyFilter, *, cursor: str | None = None, limit: int = 50) -> FamilyPage:
    """Errors as cards, seen last first. Raises BadInput for a cursor that is not ours."""
    after = from_cursor(cursor, 2)
    ids = card_store.select_page(work.conn, wanted, words=_words(wanted.query), after=after, at=work.now, limit=limit + 1)
    cards = card_store.select_cards(work.conn, ids[:limit], at=work.now)
    last = cards[-1] if len(ids) > limit else None
    return FamilyPage(items=cards, next_cursor=to_cursor(last.seen_minute, last.id) if last else None)


def get_card(work: Work, family_id: UUID) -> FamilyCard:
    """The error as lists show it. Raises FamilyNotFound."""
    cards = card_store.select_cards(work.conn, [family_id], at=work.now)
    if not cards:
        raise FamilyNotFound
    return cards[0]


def get_whole(work: Work, ref: UUID | str) -> FamilyWhole:
    """The error with this id or name, whole. Raises FamilyNotFound."""
    family = lists.get_family(work, ref)
    card = get_card(work, family.id)
    return FamilyWhole(
        **card.model_dump(),
        seen_minute=card.seen_minute,
        wordings=card_store.select_wordings(work.conn, family.id),
        hours=count_by_hour(work, family.id, work.now - SHOWN, work.now),
        spawns=card_store.select_spawns(work.conn, family.issue_id) if family.issue_id else [],
    )


def count_by_hour(work: Work, family_id: UUID, since: datetime, until: datetime) -> list[HourCount]:
    """How often the family was seen in each hour of that time in which it was, oldest first."""
    return card_store.select_hours(work.conn, family_id, since=since, until=until)


def publish_card(work: Work, family_id: UUID, issue_id: UUID | None) -> None:
    """Whoever looks at the errors, or at this one's issue, sees it as it is now."""
    card = cache(lambda: get_card(work, family_id))
    for topic in (TOPIC, *([f"issue:{issue_id}"] if issue_id else [])):
        stream.publish_latest(work, topic, Event.FAMILY_CHANGED, card, key=str(family_id))


def publish_merged(work: Work, family_id: UUID, into: UUID) -> None:
    """Whoever looks at the errors hears that this one is part of another now."""
    stream.publish(work, TOPIC, Event.FAMILY_MERGED, {"id": str(family_id), "into": str(into)})


def tell_untold(work: Work) -> int:
    """What a flood of sightings left untold is told; returns of how many errors."""
    untold = wish_store.take_untold(work.conn, at=work.now, limit=TOLD_AT_ONCE)
    for family_id, issue_id in untold:
        publish_card(work, family_id, issue_id)
    return len(untold)


def _words(query: str | None) -> str | None:
    """Each word of the query, or a longer one that begins with it; None where it has none."""
    words = re.findall(r"\w+", (query or "").lower().replace("_", " "))[:MOST_WORDS]
    return " & ".join(f"{word}:*" for word in words) or None
