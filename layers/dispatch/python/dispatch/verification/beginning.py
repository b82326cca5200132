"""A fix attempt begins with the merge of an error's pull request: heard of from GitHub, and by schedule where that was missed."""

import re
from datetime import timedelta
from uuid import UUID

from dispatch import issues, pulls
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.pulls import Pull, PullState
from dispatch.verification import store
from dispatch.verification.ending import announce, get_attempt, reopen, tell
from dispatch.verification.shapes import FixAttempt, FixState
from dispatch.verification.sightings import find_newest
from dispatch.verification.sweeping import do_each
from dispatch.verification.verdict import LONGEST, Ruling

HEALED = timedelta(days=30)  # an older merge that nobody heard of fixes nothing that is seen now
AT_ONCE = 20
REVERT = re.compile(r"revert-([0-9]{1,9})-")  # as GitHub's own button names the branch


def begin_attempts() -> int:
    """Every merged pull request of an error's issue has its attempt; returns how many had none. Opens works of its own."""
    with open_work() as unit:
        found = store.select_unbegun(unit.conn, merged_since=unit.now - HEALED, limit=AT_ONCE)
    return do_each(_begin, found)


def begin_attempt(work: Work, pull: Pull) -> bool:
    """The held pull request has its attempt, if it is merged and its issue is an error's; False where it has one, or needs none.

    What was watched of the issue until now is watched with it, as one fix: a further part. One that takes that back is no fix at all.
    """
    if pull.issue_id is None or pull.state is not PullState.MERGED:
        return False
    issues.get_issue(work, pull.issue_id, lock=True)
    store.delete_elsewhere(work.conn, pull.id, pull.issue_id)
    if store.has_attempt(work.conn, pull.id) or store.find_family(work.conn, pull.issue_id) is None:
        return False
    before, attempt_id = find_newest(work, pull.issue_id, lock=True), new_id()
    reverted = before if before and _takes_back(pull, before) else None
    unfinished = before if before and before.state.is_unfinished else None
    if unfinished:
        taken_back = f"Pull request #{pull.number} took it back."
        joined = f"Pull request #{pull.number} was merged too: both are watched as one fix."
        store.supersede(work.conn, unfinished.id, attempt_id, reason=taken_back if reverted else joined, at=work.now)
    together = f"It is watched together with #{unfinished.pull.number}, once both are in production." if unfinished else ""
    store.insert_attempt(
        work.conn,
        attempt_id,
        pull.id,
        reason=f"It is merged, and no deployment contains it yet. {together}".strip(),
        at_most_until=(pull.merged_at or work.now) + LONGEST,
        at=work.now,
    )
    _tell_begun(work, attempt_id)
    if reverted:
        _give_up(work, attempt_id, reverted)
    for changed in filter(None, (unfinished and unfinished.id, attempt_id)):
        announce(work, changed)
    return True


def _begin(pull_id: UUID) -> bool:
    with open_work() as unit:
        return begin_attempt(unit, pulls.hold_pull(unit, pull_id))


def _takes_back(pull: Pull, attempt: FixAttempt) -> bool:
    """Whether it is GitHub's own revert of the attempt's pull request."""
    taken_back = REVERT.match(pull.head_branch)
    is_same_repository = pull.repository.lower() == attempt.pull.repository.lower()
    return taken_back is not None and is_same_repository and int(taken_back[1]) == attempt.pull.number


def _tell_begun(work: Work, attempt_id: UUID) -> None:
    attempt = get_attempt(work, attempt_id)
    tell(work, attempt, Event.FIX_BEGUN, Ruling(attempt.state, None, attempt.reason))


def _give_up(work: Work, attempt_id: UUID, reverted: FixAttempt) -> None:
    """There is no fix any more: the issue stands where new ones do. Nobody is sent: a person has taken it back, and knows why."""
    attempt = get_attempt(work, attempt_id)
    ruling = Ruling(FixState.FAILED, None, f"It takes back #{reverted.pull.number}: there is no fix any more.")
    store.set_decided(work.conn, attempt_id, ruling, at=work.now)
    reopen(work, attempt.issue_id)
    tell(work, attempt, Event.FIX_FAILED, ruling)
