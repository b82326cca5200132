"""Which issue a pull request belongs to, by what it says itself: our branch, our trailer, or an identifier."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from dispatch import issues
from dispatch.clients.github_pulls import PullNow
from dispatch.kit.work import Work
from dispatch.pulls import store
from dispatch.pulls.shapes import LinkedBy

TRAILER = re.compile(r"^[ \t]*Dispatch-Issue:[ \t]*([A-Z][A-Z0-9]{0,15}-[0-9]{1,9})\b", re.IGNORECASE | re.MULTILINE)
IDENTIFIER = re.compile(r"(?<![A-Z0-9])[A-Z][A-Z0-9]{0,15}-[0-9]{1,9}(?![A-Z0-9])", re.IGNORECASE)
MOST_LOOKED_UP = 20  # different identifiers of one text: more is a list of issues, not what it is about


@dataclass(frozen=True, slots=True)
class Link:
    """An issue, how it was found, and the run where it is our own pull request."""

    issue_id: UUID
    by: LinkedBy
    run_id: UUID | None = None


def find_link(work: Work, now: PullNow) -> Link | None:
    """The issue, by the surest sign there is: our branch, then the trailer, then identifiers in title, body and branch, in that order."""
    if not now.is_fork and (found := store.find_run(work.conn, now.repository, now.head_branch)):
        run_id, issue_id = found
        return Link(issue_id, LinkedBy.BRANCH, run_id)
    return find_trailer(work, [now.body]) or _find_identifier(work, [now.title, now.body, now.head_branch])


def find_trailer(work: Work, texts: Iterable[str]) -> Link | None:
    """The issue of the last trailer, as git reads them."""
    named = [name for text in texts for name in TRAILER.findall(text)]
    issue_id = _first_known(work, reversed(named))
    return Link(issue_id, LinkedBy.TRAILER) if issue_id else None


def _find_identifier(work: Work, texts: Iterable[str]) -> Link | None:
    issue_id = _first_known(work, (match.group() for text in texts for match in IDENTIFIER.finditer(text)))
    return Link(issue_id, LinkedBy.IDENTIFIER) if issue_id else None


def _first_known(work: Work, names: Iterable[str]) -> UUID | None:
    """The first that is an issue of ours: `UTF-8` looks like one and is none."""
    for name in islice(dict.fromkeys(name.upper() for name in names), MOST_LOOKED_UP):
        if issue := issues.find_issue(work, name):
            return issue.id
    return None
