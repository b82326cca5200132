"""A pull request: which issue it belongs to, how it stands, and what its checks say. What that starts is decided in `spawning`.

GitHub's word comes by webhook (`hear_pull`, `hear_ci_run`) in any order and any number of times; a schedule asks for what was missed.
"""

from dispatch.pulls.ci import find_broken, find_to_rerun, forget_old_checks, hear_ci_run, list_failing, look_at_ci, note_rerun
from dispatch.pulls.matching import match_unlinked
from dispatch.pulls.reconciling import reconcile, reconcile_page
from dispatch.pulls.service import (
    announce,
    find_by_branch,
    find_by_number,
    find_open,
    get_pull,
    give_reason,
    hear_pull,
    hear_push,
    hold_pull,
    link_by_hand,
    list_open,
    list_pulls,
    note_opened,
    tell,
)
from dispatch.pulls.shapes import CloseReason, Failure, NewLink, NotClosed, Pull, PullFilter, PullNotFound, PullPage, PullState, Reconciled

__all__ = [
    "CloseReason",
    "Failure",
    "NewLink",
    "NotClosed",
    "Pull",
    "PullFilter",
    "PullNotFound",
    "PullPage",
    "PullState",
    "Reconciled",
    "announce",
    "find_broken",
    "find_by_branch",
    "find_by_number",
    "find_open",
    "find_to_rerun",
    "forget_old_checks",
    "get_pull",
    "give_reason",
    "hear_ci_run",
    "hear_pull",
    "hear_push",
    "hold_pull",
    "link_by_hand",
    "list_failing",
    "list_open",
    "list_pulls",
    "look_at_ci",
    "match_unlinked",
    "note_opened",
    "note_rerun",
    "reconcile",
    "reconcile_page",
    "tell",
]
