"""What asks for a run by itself: an error that was seen."""

from datetime import timedelta
from typing import Any

from dispatch import spawning
from dispatch.issues import Issue
from dispatch.kit import clock
from dispatch.kit.actors import SYSTEM
from dispatch.kit.work import work
from dispatch.spawning import Cause, NewSpawn, Spawn


def ask_by_itself(
    issue: Issue, *, family: str = "checkout", workflow: str = "auto-investigate", seen_ago_s: float = 3600, **cause: Any
) -> Spawn:
    """An error seen three times, an hour ago at first, unless told otherwise."""
    seen_at = clock.now() - timedelta(seconds=seen_ago_s)
    rests_on = Cause(**{"family": family, "source": "grafana", "occurrences": 3, "seen_at": seen_at, **cause})
    with work() as unit:
        return spawning.request(unit, issue.id, NewSpawn(workflow=workflow), actor=SYSTEM, cause=rests_on)


def offer() -> list[Spawn]:
    """The schedule offers what waits."""
    with work() as unit:
        return spawning.offer_waiting(unit)
