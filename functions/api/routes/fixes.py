"""Fixes of errors: what was merged, since when it is watched, and what came of it."""

from dispatch import verification
from dispatch.verification import Fix, FixAttempt, WatchOn
from functions.api.callers import Approver, Reader
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["fixes"])


@router.get("/issues/{ref}/fix")
def get_fix(work: TheWork, caller: Reader, ref: str) -> Fix:
    """How the issue's error stands: its fix attempts with their numbers, newest first, and when it was seen."""
    return verification.get_fix(work, ref)


@router.post("/issues/{ref}/fix/watch")
def watch_fix(work: TheWork, caller: Approver, ref: str, wanted: WatchOn) -> FixAttempt:
    """The unproven fix is watched for so long from now. 409 where none is unproven."""
    return verification.watch_on(work, ref, wanted, actor=caller.actor)
