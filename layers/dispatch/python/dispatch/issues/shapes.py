"""The shapes of issues, and of what goes in and out of them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from dispatch.kit.actors import Actor
from dispatch.kit.errors import BadInput, Conflict, NotFound
from dispatch.kit.shapes import Line, Money, Shape, SomeWords, Words


class Priority(StrEnum):
    """P1 burns, P4 can wait."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class Status(Shape):
    """A column of the board."""

    id: UUID
    name: str
    color: str
    position: int
    is_closed: bool


class Label(Shape):
    """A word on an issue."""

    id: UUID
    name: str
    color: str


class CardRun(Shape):
    """What a card shows of the run that is not finished."""

    id: UUID
    workflow: str
    state: str
    created_at: datetime
    started_at: datetime | None
    last_line: str | None


class CardCustomer(Shape):
    """What a card shows of the customer the issue is for."""

    name: str
    slug: str


class IssueCard(Shape):
    """What lists and the board show of an issue."""

    id: UUID
    identifier: str
    title: str
    priority: Priority
    status: Status
    labels: list[Label]
    created_at: datetime
    updated_at: datetime
    running: CardRun | None
    plan_waiting: bool
    question_waiting: bool
    branch: str | None
    cost_usd: Money
    customer: CardCustomer | None


class Issue(IssueCard):
    """An issue whole."""

    description: str
    created_by: Actor
    source: str


class NewIssue(Shape):
    """What makes an issue. `status` is a column's name; unset means the first one. `customer` is the slug of whom it is for."""

    model_config = ConfigDict(extra="forbid")

    title: Line
    description: Words = ""
    priority: Priority = Priority.P3
    status: Line | None = None
    customer: Line | None = None
    labels: Annotated[list[Line], Field(max_length=20)] = []


class IssueChange(Shape):
    """What to change; what is unset stays. `labels` replaces them all; unknown labels are made. An empty `customer` is none.

    `reason` is why, kept in the story: closing an error's issue whose fix is not verified needs one.
    """

    model_config = ConfigDict(extra="forbid")

    title: Line | None = None
    description: Words | None = None
    priority: Priority | None = None
    status: Line | None = None
    customer: Annotated[str, Field(max_length=60)] | None = None
    labels: Annotated[list[Line], Field(max_length=20)] | None = None
    reason: Line | None = None


class NewComment(Shape):
    """A comment; internal unless marked public."""

    model_config = ConfigDict(extra="forbid")

    body: SomeWords
    public: bool = False


class IssueFilter(Shape):
    """Which issues a list holds; unset means all. `status` is a column's name, `closed` None means both."""

    status: str | None = None
    priority: Priority | None = None
    label: str | None = None
    closed: bool | None = None


class IssuePage(Shape):
    """A page of issues, newest first."""

    items: list[IssueCard]
    next_cursor: str | None


class Column(Shape):
    """A column of the board: its first cards, and how many there are in all."""

    status: Status
    total: int
    items: list[IssueCard]
    next_cursor: str | None


class Board(Shape):
    """Every column, in order."""

    columns: list[Column]


class IssueNotFound(NotFound):
    """There is no such issue."""


class UnknownStatus(BadInput):
    """There is no such status."""


class FixVerificationRequired(Conflict):
    """Nobody knows yet whether this error is gone: its fix is not verified. It closes by itself once it is. To close it now, say why."""

    code = "FIX_VERIFICATION_REQUIRED"
