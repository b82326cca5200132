"""Which family a new wording of an error belongs to, and why. Nothing is read or written here."""

import re
from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from dispatch.families.frames import frames_of
from dispatch.families.normalising import Fingerprint
from dispatch.families.templates import fits, template_of
from dispatch.kit.shapes import Shape

MOST_SHOWN = 120  # letters of a message in a reason
WORD = re.compile(r"[^\W\d_]{4,}")  # shorter ones say little


class JoinedBy(StrEnum):
    """How a fingerprint came to its family."""

    FIRST = "first"
    FRAMES = "frames"
    TEMPLATE = "template"
    HAND = "hand"


class Known(Shape):
    """A fingerprint that is known already, of the same source and feature. One that a person placed is pinned."""

    hash: str
    family_id: UUID
    message: str
    frames: str | None
    template: str | None
    is_pinned: bool = False


class Place(Shape):
    """Where a new fingerprint belongs. `family_id` None: it makes a family. `frames` and `template` are to be kept."""

    family_id: UUID | None
    joined_by: JoinedBy
    because: str
    frames: str | None
    template: str


def group(fingerprint: Fingerprint, stack: str | None, known: Sequence[Known]) -> Place:
    """The place of a fingerprint among those `known` of its source and feature, oldest first: by its stack's frames, else by its template.

    One that is known already keeps its family, and none that is known is ever moved: what a person split or merged stays so.
    """
    frames = frames_of(stack)
    template = template_of(fingerprint.message, [other.template for other in known if other.template])
    family_id, joined_by, because = None, JoinedBy.FIRST, "No known error of this source and feature has its frames or fits its template."
    if same := next((other for other in known if other.hash == fingerprint.hash), None):
        family_id, because = same.family_id, "It has the very words of this error."
    elif same := next((other for other in known if _has_frames(other, frames, fingerprint.message)), None):
        family_id, joined_by = same.family_id, JoinedBy.FRAMES
        because = f"Its stack passes the same functions of the application as “{_cut(same.message)}”."
    elif same := next((other for other in known if other.template and fits(other.template, template)), None):
        family_id, joined_by = same.family_id, JoinedBy.TEMPLATE
        because = f"It fits the template “{_cut(template)}”, as “{_cut(same.message)}” does."
    return Place(family_id=family_id, joined_by=joined_by, because=because, frames=frames, template=template)


def _has_frames(other: Known, frames: str | None, message: str) -> bool:
    """Whether the stacks have one shape. One frame says little, as a function fails in several ways: then they share a word too."""
    if frames is None or other.frames != frames:
        return False
    return not frames.startswith("1:") or bool(_words(other.message) & _words(message))


def _words(message: str) -> set[str]:
    return {word.lower() for word in WORD.findall(message)}


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
