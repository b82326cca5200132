"""The shapes of plans."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, computed_field

from dispatch.kit.actors import Actor
from dispatch.kit.errors import Conflict, NotFound
from dispatch.kit.shapes import Money, Shape, Words
from dispatch.runs import PlanBody, Question
from dispatch.spawning import Spawn


class PlanState(StrEnum):
    """Where a plan is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RETURNED = "returned"
    SUPERSEDED = "superseded"


class Plan(Shape):
    """A plan, one version of it. `hash` is of its body: an approval binds it, with the base commit and the cap."""

    id: UUID
    issue_id: UUID
    version: int
    state: PlanState
    run_id: UUID
    body: PlanBody
    hash: str
    base_commit: str | None
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: Actor | None
    feedback: str | None
    cap_usd: Money | None

    @computed_field
    @property
    def markdown(self) -> str:
        """The plan as a document."""
        return as_markdown(self.body)


class PlanDecision(Shape):
    """What a person says to a plan. Returning needs `feedback`; approving implements at once unless told not to."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["approve", "return"]
    version: int
    implement: bool = True
    cap_usd: Money | None = Field(default=None, gt=0, le=1000)
    feedback: Words = ""
    words: Words = ""


class Decided(Shape):
    """The plan as it stands now, and the spawn that followed."""

    plan: Plan
    spawn: Spawn | None


class Answered(Shape):
    """The question with its answer, and the spawn that followed."""

    question: Question
    spawn: Spawn | None


class PlanNotFound(NotFound):
    """This issue has no plan."""


class PlanIsDecided(Conflict):
    """This plan has been decided already."""


SECTIONS = (
    ("Data", "data"),
    ("API", "api"),
    ("Screens", "ui"),
    ("Dependencies", "dependencies"),
    ("Tests", "tests"),
    ("Risks", "risks"),
    ("Stop conditions", "stop_conditions"),
)


def as_markdown(body: PlanBody) -> str:
    """The plan as a document; empty sections are left out."""
    parts = [body.summary]
    if body.files:
        parts.append("## Files\n\n" + "\n".join(f"- `{file.path}`: {file.change}" for file in body.files))
    parts += [f"## {title}\n\n{text}" for title, name in SECTIONS if (text := getattr(body, name))]
    return "\n\n".join([*parts, f"**Complexity:** {body.complexity}"])
