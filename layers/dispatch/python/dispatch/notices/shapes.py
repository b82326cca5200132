"""The shapes of notices."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from dispatch.kit.shapes import Shape


class TargetState(StrEnum):
    """How a notice stands with one of those it is for."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class NoticeTry(Shape):
    """One try. Neither `status` nor `failure`: it is under way, or was broken off."""

    number: int
    at: datetime
    took_ms: int | None
    status: int | None
    failure: str | None


class NoticeTarget(Shape):
    """Whom a notice is for. `endpoint` names the webhook by its host and a hash of its address; `try_at` is the next try."""

    endpoint: str
    state: TargetState
    try_at: datetime | None
    delivered_at: datetime | None
    tries: list[NoticeTry]


class Notice(Shape):
    """Something to be told elsewhere, once for each `kind` and `key`. `body` is what is sent."""

    id: UUID
    kind: str
    key: str
    body: dict[str, Any]
    created_at: datetime
    targets: list[NoticeTarget]


class NoticePage(Shape):
    """Notices, newest first."""

    items: list[Notice]
    next_cursor: str | None


class NoticeFilter(Shape):
    """Which notices; None leaves all. `state`: with a target that stands so."""

    kind: str | None = None
    state: TargetState | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook from the settings."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice that this process, and no other, is to send now. `tries` counts this one too; `number` is its place in the log."""

    notice_id: UUID
    endpoint: str
    body: str
    tries: int
    number: int
