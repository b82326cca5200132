"""The shapes of what a run hands in about code: its patch, where that lands, and the proof that it mends something."""

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, computed_field

from dispatch.kit.shapes import Shape

DIFF = re.compile(r"^diff --git .*?(?=^-- $|^From [0-9a-f]{40} |\Z)", re.MULTILINE | re.DOTALL)  # one commit's part of an mbox
CommitHash = Annotated[str, Field(pattern="^[0-9a-f]{7,64}$")]


class PatchFile(Shape):
    """One file that a patch changes."""

    path: str = Field(max_length=1000)
    additions: int = 0
    deletions: int = 0
    status: str = Field("M", max_length=4)


class Commit(Shape):
    """One commit of a patch."""

    sha: CommitHash
    subject: str = Field(max_length=500)


class Checkout(Shape):
    """Where a run begins, if not on the repository's base: a branch, at this commit."""

    branch: str
    commit: str


class Patch(Shape):
    """A patch with the server's verdict on it. People see its `diff`; the publish job gets its `mbox`.

    `drift`: files it changes that the approved plan does not name. `lands_on`: the commit its branch has to stand on; None: the branch
    is new. `unpublished_because`: why it did not come to its branch although it was accepted, and will not by itself.
    """

    run_id: UUID
    verdict: Literal["accepted", "refused"]
    reasons: list[str]
    drift: list[str]
    lockfiles: list[str]
    branch: str
    lands_on: str | None
    files: list[PatchFile]
    commits: list[Commit]
    mbox: str = Field(exclude=True)
    proposed_at: datetime
    published_at: datetime | None
    unpublished_because: str | None
    head_commit: str | None

    @computed_field
    @property
    def diff(self) -> str:
        """The changes without the letters they came in, commit by commit."""
        return "\n".join(match.group().rstrip() for match in DIFF.finditer(self.mbox))


class Try(Shape):
    """One time that the named test was run. `exit_code` None: it did not come to an end."""

    exit_code: int | None
    seconds: float
    output: str = Field(max_length=20_000)


class Proof(Shape):
    """What the runner saw, running the test that an agent names: on the base commit it must fail, on the head it must pass.

    `cheated`: the test was weakened, removed, or fails before for a reason of its own.
    """

    test: str = Field(max_length=1000)
    command: str = Field(max_length=2000)
    base: Annotated[list[Try], Field(max_length=10)] = []
    head: Annotated[list[Try], Field(max_length=10)] = []
    verdict: Literal["proven", "not_proven", "flaky", "cheated"]
    reasons: Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=20)] = []
