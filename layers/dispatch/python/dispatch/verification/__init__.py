"""A fix attempt: a merged pull request of an error's issue, watched until it is verified, has failed, or cannot be proven.

It begins when GitHub tells of the merge (`hear_github`) and is watched from the deployment that contains it; a schedule looks and judges.
"""

from dispatch.verification.beginning import begin_attempts
from dispatch.verification.hearing import GITHUB_EVENTS, hear_github
from dispatch.verification.judging import judge, watch_on
from dispatch.verification.shapes import (
    Fix,
    FixAttempt,
    FixChart,
    FixFamily,
    FixPull,
    FixSighting,
    FixState,
    Held,
    Mark,
    NothingToWatch,
    Numbers,
    WatchOn,
)
from dispatch.verification.showing import get_fix
from dispatch.verification.sightings import hear_sighting, is_from_before_fix
from dispatch.verification.verdict import Facts, Ruling, verdict
from dispatch.verification.watching import watch

__all__ = [
    "GITHUB_EVENTS",
    "Facts",
    "Fix",
    "FixAttempt",
    "FixChart",
    "FixFamily",
    "FixPull",
    "FixSighting",
    "FixState",
    "Held",
    "Mark",
    "NothingToWatch",
    "Numbers",
    "Ruling",
    "WatchOn",
    "begin_attempts",
    "get_fix",
    "hear_github",
    "hear_sighting",
    "is_from_before_fix",
    "judge",
    "verdict",
    "watch",
    "watch_on",
]
