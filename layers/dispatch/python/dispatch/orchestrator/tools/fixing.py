"""The tool that looks at fixes of errors."""

from typing import Annotated, Any

from pydantic import Field

from dispatch import verification
from dispatch.kit.work import Work
from dispatch.orchestrator.tools.tool import WRITTEN_BY_OTHERS, Context, Input, Tool

SHOWN = 5
FIELDS = {"pull", "state", "merged_at", "environment", "deployed_at", "watch_until", "numbers", "reason", "seen", "decided_at"}


class FixInput(Input):
    """An issue."""

    identifier: Annotated[str, Field(min_length=1, max_length=60)]


def get_fix(work: Work, wanted: FixInput, _context: Context) -> dict[str, Any]:
    """The issue's fix attempts, newest first."""
    found = verification.get_fix(work, wanted.identifier)
    return {
        "error": found.family and found.family.name,
        "attempts": [attempt.model_dump(mode="json", include=FIELDS, exclude_none=True) for attempt in found.attempts[:SHOWN]],
        "closing_needs_reason": found.closing_needs_reason,
        "note": WRITTEN_BY_OTHERS,
    }


TOOLS = (Tool("get_fix", "Whether an error's fix holds: what was merged and deployed, the verdict with its numbers.", FixInput, get_fix),)
