"""The shapes of artifacts: files that a run leaves for people to look at."""

import base64
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator

from dispatch.kit.errors import NotFound, TooLarge
from dispatch.kit.shapes import Line, Shape

MOST_ARTIFACTS = 30  # of one run
MOST_BYTES = 3_000_000  # of one: as base64 it fits what a function may be sent, and may answer
MediaType = Literal[
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "text/plain",
    "text/markdown",
    "text/html",
    "application/json",
    "application/zip",
]


def _decoded(given: object) -> bytes:
    """The bytes, within bounds; pydantic's own way skips what is no base64."""
    content = base64.b64decode(given, validate=True) if isinstance(given, str) else b""
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES // 1_000_000} MB")
    if not content:
        raise ValueError("it holds nothing")
    return content


class NewArtifact(Shape):
    """A file as a runner hands it over; `content` is base64. The same name again replaces it."""

    generation: int
    name: Line
    media_type: MediaType
    content: Annotated[bytes, BeforeValidator(_decoded)]


class Artifact(Shape):
    """A file that a run left; `size` in bytes."""

    id: UUID
    run_id: UUID
    name: str
    media_type: str
    size: int
    created_at: datetime


class ArtifactNotFound(NotFound):
    """There is no such artifact."""


class TooManyArtifacts(TooLarge):
    """A run leaves at most 30 artifacts."""
