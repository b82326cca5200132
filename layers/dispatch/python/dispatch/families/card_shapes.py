"""The shapes of what screens show of families."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from dispatch.families.grouping import JoinedBy
from dispatch.families.shapes import Family, Hit, Mute
from dispatch.issues import Priority, Status
from dispatch.kit.shapes import Shape


class CardIssue(Shape):
    """What a card shows of the error's issue."""

    id: UUID
    identifier: str
    title: str
    priority: Priority
    status: Status


class CardFix(Shape):
    """What a card shows of the newest fix attempt."""

    state: str
    deployed_at: datetime | None
    watch_until: datetime | None


class LastRun(Shape):
    """What a card shows of the newest run."""

    id: UUID
    workflow: str
    state: str
    outcome: str | None
    created_at: datetime


class FamilyCard(Family):
    """An error as lists show it. `rate` is how often it was seen in each of the last 48 hours, oldest first; the last one is not over."""

    users: int
    organisations: int
    customers: list[Hit]
    release: str | None
    issue: CardIssue | None
    fix: CardFix | None
    rate: list[int]
    mute: Mute | None
    fingerprints: int
    last_run: LastRun | None
    cooldown_until: datetime | None
    firing: bool
    seen_minute: datetime = Field(exclude=True)


class FamilyFilter(Shape):
    """Which errors; None leaves all. `query` is words of its name or message, `open` whether its issue is."""

    query: str | None = None
    source: str | None = None
    muted: bool | None = None
    open: bool | None = None


class FamilyPage(Shape):
    """A page of errors, seen last first."""

    items: list[FamilyCard]
    next_cursor: str | None


class Wording(Shape):
    """One way in which an error says itself, and why it belongs to it. `message` is made equal; `is_pinned`: a person put it there."""

    hash: str
    message: str
    template: str | None
    joined_by: JoinedBy
    because: str
    is_pinned: bool
    occurrences: int
    first_seen: datetime
    last_seen: datetime


class HourCount(Shape):
    """How often an error was seen in the hour that begins at `at`."""

    at: datetime
    count: int


class FamilySpawn(Shape):
    """A spawn that was asked for because of an error."""

    id: UUID
    state: str
    workflow: str
    reason: str
    created_at: datetime


class FamilyWhole(FamilyCard):
    """An error whole: its wordings, the hours of the last 14 days in which it was seen, and its spawns, newest first."""

    wordings: list[Wording]
    hours: list[HourCount]
    spawns: list[FamilySpawn]
