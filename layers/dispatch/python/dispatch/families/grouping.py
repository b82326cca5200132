"""Which family a new wording of an error belongs to, and why. Nothing is read or written here."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from dispatch.families.frames import frames_of
from dispatch.families.normalising import Fingerprint
from dispatch.families.templates import template_of


class JoinedBy(StrEnum):
    """How a fingerprint came to its family."""

    FIRST = "first"
    FRAMES = "frames"
    TEMPLATE = "template"
    HAND = "hand"


class Known(BaseModel):
    """A fingerprint that is known already, of the same source and feature. One that a person placed is pinned."""

    hash: str
    family_id: UUID
    message: str
    frames: str | None
    template: str | None
    is_pinned: bool = False


class Place(BaseModel):
    """Where a new fingerprint belongs. `family_id` None: it makes a family. `frames` and `template` are to be kept."""

    family_id: UUID | None
    joined_by: JoinedBy
    because: str
    frames: str | None
    template: str


def group(fingerprint: Fingerprint, stack: str | None, known: Sequence[Known]) -> Place:
    """The place of a fingerprint among those `known` of its source and feature, oldest first: by its stack's frames, else by its template.

    A fingerprint that is known already stays where it is, whoever placed it; ask the store for that first, for it needs no stack.
    """
    frames, template = frames_of(stack), template_of(fingerprint.message)
    family_id, joined_by, because = (
        None,
        JoinedBy.FIRST,
        "No known error of this source and feature has its frames or fits its template.",
    )
    if same := next((other for other in known if other.hash == fingerprint.hash), None):
        family_id, because = same.family_id, "It has the very words of this error."
    elif frames and (same := next((other for other in known if other.frames == frames), None)):
        family_id, joined_by, because = same.family_id, JoinedBy.FRAMES, f"Its stack passes the same functions as {same.message!r}."
    elif same := next((other for other in known if other.template == template), None):
        family_id, joined_by, because = same.family_id, JoinedBy.TEMPLATE, f"It fits the template {template!r}, as {same.message!r} does."
    return Place(family_id=family_id, joined_by=joined_by, because=because, frames=frames, template=template)
