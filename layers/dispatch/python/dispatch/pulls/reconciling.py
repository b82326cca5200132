"""What webhooks missed: the repository's pull requests are asked for, and heard as if a webhook had told of each."""

import time
from datetime import datetime, timedelta

from dispatch.clients import github, github_pulls
from dispatch.kit import clock
from dispatch.kit.errors import BadInput, DispatchError
from dispatch.kit.log import logger
from dispatch.kit.settings import settings
from dispatch.kit.work import work as open_work
from dispatch.pulls import store
from dispatch.pulls.service import find_by_number, hear_pull
from dispatch.pulls.shapes import Reconciled

FIRST = timedelta(days=7)  # so far back the first time
OVERLAP = timedelta(minutes=5)  # GitHub's lists may lag behind its webhooks
LONGEST_S = 35  # the schedule's function ends at 55


class NothingToReconcile(BadInput):
    """There is no target repository on GitHub. Set GITHUB_REPO to `owner/name`."""


def reconcile_page(since: datetime | None, page: int = 1) -> Reconciled:
    """One page of the pull requests that changed since then (None: since all was known last) is known. Opens works of its own.

    Raises NothingToReconcile, github.Refused, github.NoAnswer.
    """
    repository = settings().github_repo
    if not repository:
        raise NothingToReconcile
    since = since or _known_until(repository)
    found = github_pulls.list_pulls(repository, page=page)
    wanted = [now for now in found if now.updated_at >= since]
    with open_work() as unit:
        changed = 0
        for now in wanted:
            before = find_by_number(unit, now.repository, now.number)
            changed += hear_pull(unit, now) != before
        is_last = len(wanted) < len(found) or len(found) < github.PAGE
        return Reconciled(
            repository=repository,
            since=since,
            seen=len(wanted),
            changed=changed,
            reached=max(since, wanted[-1].updated_at) if wanted and not is_last else since,
            next_page=None if is_last else page + 1,
        )


def reconcile() -> int:
    """What changed since the last time is known; returns how many were not as they were known. Never fatal: the next hour goes on."""
    page, changed, began = 1, 0, clock.now()
    ends = time.monotonic() + LONGEST_S
    since = None
    try:
        while time.monotonic() < ends:
            found = reconcile_page(since, page)
            changed += found.changed
            if found.next_page is None:
                with open_work() as unit:
                    store.set_reconciled(unit.conn, found.repository, until=began - OVERLAP)
                break
            since, page = found.since, found.next_page
    except DispatchError as error:
        logger.warning("pull requests could not be reconciled", reason=error.sentence)
    return changed


def _known_until(repository: str) -> datetime:
    with open_work() as unit:
        return store.find_reconciled(unit.conn, repository) or unit.now - FIRST
