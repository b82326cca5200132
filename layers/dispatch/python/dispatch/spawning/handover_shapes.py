"""The shapes of handing an error over to a person: what was tried, what it was not, which commits are suspected."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from dispatch.families import Family
from dispatch.kit.shapes import Money, Shape
from dispatch.runs import Outcome
from dispatch.spawning.shapes import IssueRef
from dispatch.suspects import Suspect


class Tried(Shape):
    """A run that ended on the issue. `pull` is the address of its pull request, `fix` what became of it in production, `because` why."""

    run: UUID
    workflow: str
    outcome: Outcome
    summary: str
    cost_usd: Money | None
    at: datetime
    pull: str | None
    fix: Literal["awaiting_deploy", "watching", "verified", "failed", "unproven"] | None
    because: str | None


class Refuted(Shape):
    """A cause that it was not: an agent refuted it itself, or a fix that rested on it failed in production."""

    cause: str
    because: str
    run: UUID


class Packet(Shape):
    """All that whoever takes over needs, the oldest try first. `handed_over_at` None: agents may still try by themselves."""

    issue: IssueRef
    handed_over_at: datetime | None
    failed_in_a_row: int
    cost_usd: Money
    tried: list[Tried]
    refuted: list[Refuted]
    suspects: list[Suspect]
    error: Family | None
