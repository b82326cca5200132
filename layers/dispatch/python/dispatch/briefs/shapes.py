"""The shapes of briefs."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any
from uuid import UUID

from dispatch.kit.shapes import Money, Shape
from dispatch.runs import Checkout


class Origin(StrEnum):
    """Who wrote a part of a brief, from the most to the least trusted."""

    OPERATOR = "operator"
    MEMBER = "member"
    REPOSITORY = "repository"
    TOOL = "tool"
    CUSTOMER = "customer"
    PUBLIC = "public"

    @staticmethod
    def least(origins: Iterable["Origin"]) -> "Origin":
        """The least trusted of them: what a run may do is what this one may."""
        return max(origins, key=list(Origin).index)


class Segment(Shape):
    """A part of a brief: a heading, a text, and where the text comes from."""

    heading: str
    text: str
    origin: Origin


class Brief(Shape):
    """All that a runner needs for one run.

    `checkout` is where it begins, if not on the base. `wants_proof`: the agent may name a test that fails before its change and passes
    after it, and the runner sees for itself. `trust` is the least origin of what the agent is told.
    """

    prompt: str
    system: str
    model: str
    result_schema: dict[str, Any]
    tools: list[str]
    writes_code: bool
    checkout: Checkout | None
    wants_proof: bool
    trust: Origin
    cap_usd: Money
    time_limit_s: int


class BriefedClaim(Shape):
    """The answer to a claim."""

    run_token: str
    run: UUID
    generation: int
    issue: str
    workflow: str
    brief: Brief
    branch: str
    heartbeat_s: int
