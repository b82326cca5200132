"""The shape of one thing that happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from dispatch.kit.actors import Actor
from dispatch.kit.events import Event
from dispatch.kit.shapes import Shape


class Activity(Shape):
    """One thing that happened on an issue; `data` holds what its kind needs, as in `comment.added`: `{"body": …}`."""

    id: int
    issue_id: UUID
    at: datetime
    kind: Event
    actor: Actor
    run_id: UUID | None
    data: dict[str, Any]
    public: bool
