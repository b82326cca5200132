"""Tools that look at what runs, what waits, and why."""

from typing import Annotated, Any

from pydantic import Field

from dispatch import spawning, verification
from dispatch.kit.work import Work
from dispatch.orchestrator.tools.reading import show_run
from dispatch.orchestrator.tools.tool import WRITTEN_BY_OTHERS, Context, Input, Tool


class NothingInput(Input):
    """Takes nothing."""


class WhyInput(Input):
    """An issue."""

    identifier: Annotated[str, Field(min_length=1, max_length=60)]


def fleet_status(work: Work, _wanted: NothingInput, _context: Context) -> dict[str, Any]:
    """What runs, what waits, what waits for a person, and today's money and outcomes."""
    fleet = spawning.fleet(work)
    return {
        "running": [show_run(run) for run in fleet.running],
        "waiting": [
            spawn.model_dump(mode="json", include={"identifier", "workflow", "reason", "would_turn", "place"}, exclude_none=True)
            for spawn in fleet.waiting[:30]
        ],
        "waits_for_a_person": [
            {"issue": item.issue.identifier, "kind": item.kind, "text": item.text[:300]} for item in spawning.inbox(work, limit=20)
        ],
        "slots": fleet.slots,
        "money": fleet.money.model_dump(mode="json", exclude={"by_workflow", "by_customer"}),
        "outcomes_today": fleet.outcomes_today,
        "everything_is_stopped": fleet.kill_switch,
        "kill_switches": [switch.model_dump(mode="json", include={"scope", "value", "reason"}) for switch in fleet.kill_switches],
        "breakers": [breaker.model_dump(mode="json", exclude_none=True) for breaker in fleet.breakers if breaker.open],
        "note": WRITTEN_BY_OTHERS,
    }


def why(work: Work, wanted: WhyInput, _context: Context) -> dict[str, Any]:
    """What the gates said about the issue's spawns, newest first."""
    decisions = spawning.why(work, wanted.identifier)[:10]
    newest = verification.get_fix(work, wanted.identifier).attempts[:1]
    return {
        "issue": wanted.identifier.upper(),
        "fix": [attempt.model_dump(mode="json", include={"state", "reason"}) for attempt in newest],
        "items": [
            decision.model_dump(mode="json", include={"at", "workflow", "verdict", "gate", "reason", "would_turn"})
            for decision in decisions
        ],
    }


TOOLS = (
    Tool("fleet_status", "What runs, what waits, what waits for a person, and today's money and outcomes.", NothingInput, fleet_status),
    Tool("why", "Why an issue's runs were admitted, wait or were refused, and what would change it.", WhyInput, why),
)
