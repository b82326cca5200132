"""Tools that look at money, limits and decisions. None changes a limit, passes a gate or touches a kill switch: people do."""

from typing import Annotated, Any

from pydantic import Field

from dispatch import spawning
from dispatch.kit.work import Work
from dispatch.orchestrator.tools.tool import Context, Input, Tool
from dispatch.spawning import DecisionFilter, Verdict


class SpendInput(Input):
    """So many days."""

    days: Annotated[int, Field(ge=1, le=90)] = 7


class NothingInput(Input):
    """Takes nothing."""


class DecisionsInput(Input):
    """Which decisions."""

    verdict: Verdict | None = None
    gate: Annotated[str | None, Field(max_length=40)] = None
    limit: Annotated[int, Field(ge=1, le=30)] = 10


def spend(work: Work, wanted: SpendInput, _context: Context) -> dict[str, Any]:
    """Today's money by workflow and customer, and what each of the last days cost; days without a run are left out."""
    stats = spawning.stats(work, days=wanted.days)
    return {
        "today": spawning.fleet(work).money,
        "days": [{"day": day.day, "settled_usd": day.settled_usd, "runs": day.runs} for day in stats.by_day if day.runs or day.settled_usd],
        "cost_per_published_patch_usd": stats.cost_per_patch_usd,
        "not_spent_on_errors_that_healed_usd": stats.not_spent_usd,
    }


def limits(work: Work, _wanted: NothingInput, _context: Context) -> dict[str, Any]:
    """The limits in force; those that are unset are left out."""
    policy = spawning.get_policy(work)
    return {"version": policy.version, "limits": {name: value for name, value in policy.limits if value not in (None, {}, [])}}


def decisions(work: Work, wanted: DecisionsInput, _context: Context) -> dict[str, Any]:
    """What the gates said lately, newest first."""
    page = spawning.list_decisions(work, DecisionFilter(verdict=wanted.verdict, gate=wanted.gate), limit=wanted.limit)
    shown = {"identifier", "at", "workflow", "verdict", "gate", "reason", "would_turn"}
    return {"items": [decision.model_dump(mode="json", include=shown, exclude_none=True) for decision in page.items]}


TOOLS = (
    Tool("spend", "Today's money by workflow and customer, and what the last days cost.", SpendInput, spend),
    Tool("limits", "The limits in force. People change them, in Settings.", NothingInput, limits),
    Tool("decisions", "What the gates decided lately on all issues; for one issue use `why`.", DecisionsInput, decisions),
)
