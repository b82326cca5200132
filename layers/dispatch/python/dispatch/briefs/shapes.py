"""The shapes of briefs."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from dispatch.kit.shapes import Money


class Origin(StrEnum):
    """Who wrote a part of a brief, from the most to the least trusted."""

    OPERATOR = "operator"
    MEMBER = "member"
    REPOSITORY = "repository"
    TOOL = "tool"
    CUSTOMER = "customer"
    PUBLIC = "public"


class Segment(BaseModel):
    """A part of a brief: a heading, a text, and where the text comes from."""

    heading: str
    text: str
    origin: Origin


class Brief(BaseModel):
    """All that a runner needs for one run."""

    prompt: str
    system: str
    model: str
    result_schema: dict[str, Any]
    tools: list[str]
    writes_code: bool
    cap_usd: Money
    time_limit_s: int


class BriefedClaim(BaseModel):
    """The answer to a claim."""

    run_token: str
    run: UUID
    generation: int
    issue: str
    workflow: str
    brief: Brief
    branch: str
    heartbeat_s: int
