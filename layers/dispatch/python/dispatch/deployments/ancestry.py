"""Whether a commit is in another: GitHub compares them once, and the answer is kept, since it never changes."""

from datetime import datetime, timedelta

from dispatch.clients import github, github_commits
from dispatch.clients.github_pulls import Unreadable
from dispatch.deployments import ancestry_store
from dispatch.deployments.ancestry_store import Pair
from dispatch.kit import clock
from dispatch.kit.log import logger
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work

FIRST_GAP = timedelta(minutes=1)  # before GitHub is asked again about a commit it does not know; doubled each time


def contains(repository: str, ancestor: str, descendant: str) -> bool | None:
    """Whether the descendant holds the ancestor; None where that cannot be known now: GitHub is asked again later, ever more seldom.

    Opens works of its own, and none while GitHub is asked.
    """
    if ancestor == descendant:
        return True
    pair = Pair(repository, ancestor, descendant)
    with open_work() as unit:
        known = ancestry_store.find(unit.conn, pair)
        if known and (known.contains is not None or (known.ask_again_at and unit.now < known.ask_again_at)):
            return known.contains
    answer, again_at = _ask(pair, tries=known.tries if known else 0)
    with open_work() as unit:
        ancestry_store.upsert(unit.conn, pair, contains=answer, ask_again_at=again_at, at=unit.now)
    return answer


def known_to_contain(work: Work, repository: str, ancestor: str, descendant: str) -> bool | None:
    """The same, from what was asked before alone."""
    if ancestor == descendant:
        return True
    known = ancestry_store.find(work.conn, Pair(repository, ancestor, descendant))
    return known.contains if known else None


def _ask(pair: Pair, *, tries: int) -> tuple[bool | None, datetime | None]:
    """GitHub's answer; where it has none, when it is asked again."""
    again_at = clock.now() + FIRST_GAP * 2 ** min(tries, 12)
    try:
        answer = github_commits.holds(pair.repository, pair.ancestor, pair.descendant)
    except github.Limited as limit:
        return None, max(again_at, limit.again_at)
    except (github.NoAnswer, github.Refused, Unreadable) as error:
        logger.warning("commits could not be compared", repository=pair.repository, reason=error.sentence)
        return None, again_at
    return answer, again_at if answer is None else None
