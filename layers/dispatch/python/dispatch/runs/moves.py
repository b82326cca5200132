"""THE table of where an ending moves its issue. None: back to where the run found it; a missing row: it stays."""

from types import MappingProxyType

from dispatch.runs.shapes import Outcome, Run

BACK = None
NEEDS_PERSON = "Needs Review"
CLOSED = {"Done", "Canceled"}
_STUCK = {Outcome.BLOCKED: NEEDS_PERSON, Outcome.NEEDS_DECISION: NEEDS_PERSON}
_WENT_WRONG = {Outcome.FAILED: BACK, Outcome.CANCELLED: BACK, Outcome.LOST: BACK}
_REVIEW = {Outcome.NO_CHANGES_NEEDED: NEEDS_PERSON, Outcome.INVESTIGATION_COMPLETE: NEEDS_PERSON}

MOVES = MappingProxyType(
    {
        "auto-investigate": {Outcome.COMPLETED: "In Review", **_REVIEW, **_STUCK, **_WENT_WRONG},
        "prd-investigate": {Outcome.COMPLETED: NEEDS_PERSON, **_REVIEW, **_STUCK, **_WENT_WRONG},
        "prd-implement": {Outcome.COMPLETED: "In Review", **_REVIEW, **_STUCK, **_WENT_WRONG},
        "auto-triage": {
            Outcome.COMPLETED: "In Review",
            Outcome.NO_CHANGES_NEEDED: "Canceled",
            Outcome.INVESTIGATION_COMPLETE: NEEDS_PERSON,
            **_STUCK,
            **_WENT_WRONG,
        },
        "qa-test": {},
        "deep-research": {},
    }
)


def destination(run: Run, outcome: Outcome, *, came_from: str, has_patch: bool) -> str | None:
    """The column the issue goes to; None where it stays.

    Two things are for a person to look at: a completed run without an accepted patch, and the close that strangers may have talked an
    agent into: their words lead to a draft at most.
    """
    moves = MOVES[run.workflow]
    if outcome not in moves:
        return None
    target = moves[outcome] or came_from
    is_empty = target == "In Review" and not has_patch
    is_talked_into = target in CLOSED and run.hears_strangers
    return NEEDS_PERSON if is_empty or is_talked_into else target
