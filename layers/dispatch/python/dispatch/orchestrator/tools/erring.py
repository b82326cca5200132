"""Tools that look at errors. None mutes, splits or merges one: people do."""

from typing import Annotated, Any

from pydantic import Field

from dispatch import families, suspects
from dispatch.families import FamilyFilter
from dispatch.kit.work import Work
from dispatch.orchestrator.tools.tool import WRITTEN_BY_OTHERS, Context, Input, Tool

SHOWN = {"name", "message", "level", "occurrences", "users", "organisations", "first_seen", "last_seen", "release", "firing"}


class ErrorsInput(Input):
    """Which errors."""

    query: Annotated[str | None, Field(max_length=200, description="words of its name or message")] = None
    source: Annotated[str | None, Field(max_length=200)] = None
    muted: bool | None = None
    open: Annotated[bool | None, Field(description="whether its issue is open")] = None
    limit: Annotated[int, Field(ge=1, le=30)] = 10


class ErrorInput(Input):
    """One error."""

    error: Annotated[str, Field(max_length=500, description="its name, its id, or its issue's identifier")]


def list_errors(work: Work, wanted: ErrorsInput, _context: Context) -> dict[str, Any]:
    """Errors, seen last first."""
    which = FamilyFilter(query=wanted.query, source=wanted.source, muted=wanted.muted, open=wanted.open)
    cards = families.list_families(work, which, limit=wanted.limit).items
    return {
        "note": WRITTEN_BY_OTHERS,
        "items": [
            {
                **card.model_dump(mode="json", include=SHOWN, exclude_none=True),
                "issue": card.issue and card.issue.identifier,
                "fix": card.fix and card.fix.state,
                "muted": card.mute is not None,
                "seen_in_48_hours": sum(card.rate),
            }
            for card in cards
        ],
    }


def get_error(work: Work, wanted: ErrorInput, _context: Context) -> dict[str, Any]:
    """One error with its wordings, its newest report and the commits that may have brought it."""
    whole = families.get_whole(work, wanted.error)
    picture = families.get_picture(work, whole.id)
    return {
        "note": WRITTEN_BY_OTHERS,
        **whole.model_dump(mode="json", exclude={"id", "issue_id", "rate"}, exclude_none=True),
        "releases": picture.releases[-10:],
        "environments": picture.environments,
        "newest": picture.detail.model_dump(mode="json", exclude_defaults=True),
        "suspects": [one.model_dump(mode="json") for one in suspects.list_suspects(work, whole.id)],
    }


TOOLS = (
    Tool("list_errors", "Errors that production reports: how often, since when, whom they hit, and their issue.", ErrorsInput, list_errors),
    Tool("get_error", "One error: its wordings, hours, newest stack and log lines, spawns and suspected commits.", ErrorInput, get_error),
)
