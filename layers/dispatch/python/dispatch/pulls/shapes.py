"""The shapes of pull requests."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from dispatch.kit.errors import Conflict, NotFound
from dispatch.kit.shapes import Line, Shape


class PullState(StrEnum):
    """Where a pull request is, each further than the one before."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"

    @property
    def is_open(self) -> bool:
        """Whether it may still be merged."""
        return self in {PullState.DRAFT, PullState.OPEN}

    @property
    def rank(self) -> int:
        """Which of two that are told for the same second is the later."""
        return list(PullState).index(self)


class LinkedBy(StrEnum):
    """How its issue was found."""

    BRANCH = "branch"
    TRAILER = "trailer"
    IDENTIFIER = "identifier"
    MODEL = "model"
    HAND = "hand"


class Ci(Shape):
    """What the repository's own checks say of the newest commit; `name`, `url`, `since` are those of the one that decides it.

    `not_started`: none came although the repository has some; `because` says why it is not simply going on.
    """

    state: Literal["none", "waiting", "passing", "failing", "not_started"]
    name: str | None
    url: str | None
    since: datetime | None
    because: str | None = None


class Pull(Shape):
    """A pull request. `run_id` is the run whose work it holds, where it is ours; `repairs` how many repair rounds have begun.

    `is_trusted`: its author may write to the repository; only then its opening and closing move an issue.
    """

    id: UUID
    issue_id: UUID | None
    identifier: str | None
    run_id: UUID | None
    repository: str
    number: int
    url: str
    title: str
    state: PullState
    author: str | None
    is_trusted: bool
    is_fork: bool
    head_branch: str
    head_sha: str
    base_branch: str
    linked_by: LinkedBy | None
    ci: Ci
    repairs: int
    opened_at: datetime
    heard_at: datetime | None = Field(exclude=True)
    merged_at: datetime | None
    merge_commit: str | None
    closed_at: datetime | None
    close_reason: str | None

    @property
    def name(self) -> str:
        """What people call it: `acme/shop#12`."""
        return f"{self.repository}#{self.number}"

    @property
    def is_ours(self) -> bool:
        """Whether one of our runs made it."""
        return self.run_id is not None and not self.is_fork


class Failure(Shape):
    """A check that failed on a pull request's newest commit; `external_id` is GitHub's name for its run."""

    pull_id: UUID
    repository: str
    head_sha: str
    external_id: int
    name: str
    url: str


class PullFilter(Shape):
    """Which pull requests; None leaves all."""

    state: PullState | None = None
    issue_id: UUID | None = None


class PullPage(Shape):
    """Pull requests, newest first."""

    items: list[Pull]
    next_cursor: str | None


class CloseReason(Shape):
    """Why a pull request was closed without being merged."""

    model_config = ConfigDict(extra="forbid")

    reason: Line


class NewLink(Shape):
    """Which issue a pull request belongs to."""

    model_config = ConfigDict(extra="forbid")

    issue: Line


class Reconciled(Shape):
    """What one page of a reconciliation found: how many it looked at, how many of them had changed, and how far back it reached.

    `next_page` None: everything since then is known.
    """

    repository: str
    since: datetime
    seen: int
    changed: int
    reached: datetime
    next_page: int | None


class PullNotFound(NotFound):
    """There is no such pull request."""


class NotClosed(Conflict):
    """This pull request was not closed without being merged; there is nothing to give a reason for."""
