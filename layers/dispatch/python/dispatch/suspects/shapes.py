"""The shapes of suspects."""

from datetime import datetime
from uuid import UUID

from dispatch.kit.shapes import Shape


class Suspect(Shape):
    """A commit that may have brought an error. `files` are those of the error's stack that it changes; `because` is a sentence."""

    sha: str
    title: str
    author: str
    at: datetime
    url: str
    files: list[str]
    because: str


class Change(Shape):
    """What a commit does to a file: its name, its name before, and which lines are new or stand where others stood, first and last."""

    path: str
    was: str | None
    lines: list[tuple[int, int]]


class Case(Shape):
    """An error whose suspects are to be looked for: its stack, and since when it is there. `is_back`: it had been thought fixed."""

    family_id: UUID
    issue_id: UUID | None
    cause_at: datetime
    stack: str
    began_at: datetime
    is_back: bool
    tries: int
