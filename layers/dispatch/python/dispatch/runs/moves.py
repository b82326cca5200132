"""THE table of where an ending moves its issue. None: back to where the run found it; a missing row: it stays."""

from types import MappingProxyType

from dispatch.runs.shapes import Outcome, Run

BACK = None
_NEEDS_PERSON = {Outcome.BLOCKED: "Needs Review", Outcome.NEEDS_DECISION: "Needs Review"}
_WENT_WRONG = {Outcome.FAILED: BACK, Outcome.CANCELLED: BACK, Outcome.LOST: BACK}
_REVIEW = {Outcome.NO_CHANGES_NEEDED: "Needs Review", Outcome.INVESTIGATION_COMPLETE: "Needs Review"}

MOVES = MappingProxyType(
    {
        "auto-investigate": {Outcome.COMPLETED: "In Review", **_REVIEW, **_NEEDS_PERSON, **_WENT_WRONG},
        "prd-investigate": {Outcome.COMPLETED: "Needs Review", **_REVIEW, **_NEEDS_PERSON, **_WENT_WRONG},
        "prd-implement": {Outcome.COMPLETED: "In Review", **_REVIEW, **_NEEDS_PERSON, **_WENT_WRONG},
        "auto-triage": {
            Outcome.COMPLETED: "In Review",
            Outcome.NO_CHANGES_NEEDED: "Canceled",
            Outcome.INVESTIGATION_COMPLETE: "Needs Review",
            **_NEEDS_PERSON,
            **_WENT_WRONG,
        },
        "qa-test": {},
        "deep-research": {},
    }
)


def destination(run: Run, outcome: Outcome, *, came_from: str, has_patch: bool) -> str | None:
    """The column the issue goes to; None where it stays. A completed run without an accepted patch is for a person to look at."""
    moves = MOVES[run.workflow]
    if outcome not in moves:
        return None
    target = moves[outcome] or came_from
    return "Needs Review" if target == "In Review" and not has_patch else target
