"""What travels on a feed."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from dispatch.kit.shapes import Shape


class Frame(Shape):
    """One thing that happened on a topic; `seq` is gapless from 1 within it."""

    model_config = ConfigDict(frozen=True)

    topic: str
    seq: int
    kind: str
    at: datetime
    data: Any


class FeedPage(Shape):
    """Frames after some seq, in order. There is more where the last frame's seq is below `newest`; 0 means nothing was ever published."""

    topic: str
    frames: list[Frame]
    newest: int


class Connection(Shape):
    """An open socket, and the rights it was opened with, as the door that opened it wrote them down."""

    id: str
    caller: dict[str, Any]
    connected_at: datetime
