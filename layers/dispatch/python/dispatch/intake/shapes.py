"""The shapes of intake: what was done about a report."""

from enum import StrEnum
from uuid import UUID

from dispatch.families import Family
from dispatch.issues import Priority
from dispatch.kit.shapes import Shape


class Action(StrEnum):
    """What was done about a report, beside counting it."""

    CREATED = "created"
    COUNTED = "counted"
    REOPENED = "reopened"
    MUTED = "muted"
    IGNORED = "ignored"  # it says nothing new of an error that is done with


class Taken(Shape):
    """What came of a report. `issue` is its issue's identifier; None where it has none, as it was muted from the beginning."""

    answer: str
    family: Family
    issue: str | None
    action: Action


class Standing(Shape):
    """How things stand with the issue of an error. `is_attended`: an agent works on it or waits to, or what one did is looked at."""

    id: UUID
    identifier: str
    priority: Priority
    customer: str | None
    is_closed: bool
    has_run: bool
    is_attended: bool
    is_watched: bool  # a fix is on its way, or watched, or unproven
