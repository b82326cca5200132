"""A fix attempt: a merged pull request of an error's issue, watched until it is verified, has failed, or cannot be proven."""

from dispatch.verification.shapes import (
    Fix,
    FixAttempt,
    FixChart,
    FixFamily,
    FixPull,
    FixSighting,
    FixState,
    Mark,
    NothingToWatch,
    Numbers,
    WatchOn,
)
from dispatch.verification.showing import get_fix

__all__ = [
    "Fix",
    "FixAttempt",
    "FixChart",
    "FixFamily",
    "FixPull",
    "FixSighting",
    "FixState",
    "Mark",
    "NothingToWatch",
    "Numbers",
    "WatchOn",
    "get_fix",
]
