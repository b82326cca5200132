"""A suspect: a commit that may have brought an error, and why one may think so.

A schedule looks for them (`look_for_suspects`) once an error is new or has come back, and its stack names files of the repository.
"""

from dispatch.suspects.service import forget_old_changes, list_of_issue, list_suspects, look_for_suspects
from dispatch.suspects.shapes import Suspect

__all__ = ["Suspect", "forget_old_changes", "list_of_issue", "list_suspects", "look_for_suspects"]
