"""Telling what is due: claimed in a work of its own, sent while none is open, noted in another.

Whoever dies between is followed by the next. So it is told at least once, with the same id each time; taken, it is not told again.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.clients import webhooks
from dispatch.kit import clock
from dispatch.kit.errors import DispatchError
from dispatch.kit.log import logger
from dispatch.kit.settings import settings
from dispatch.kit.work import work
from dispatch.notices import store
from dispatch.notices.shapes import Claimed
from dispatch.notices.signing import endpoints, headers_of

SIDE_BY_SIDE = 8
LEASE = timedelta(minutes=1)  # six times what a try may take
BUDGET_S = 20  # a duty shares its minute with others
# Standard Webhooks' schedule, from one try to the next; the first comes at once.
PAUSES = [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24))]
GONE = 410


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a try."""

    claimed: Claimed
    took_ms: int
    status: int | None = None
    failure: str | None = None
    pause: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether it was taken."""
        return self.status is not None and 200 <= self.status < 300


def deliver_due() -> int:
    """What is due has been told, or will be tried again; returns how many were taken. Opens works of its own."""
    until, delivered = time.monotonic() + BUDGET_S, 0
    while time.monotonic() < until and (sent := deliver_some()):
        delivered += sum(one.is_delivered for one in sent)
    return delivered


def deliver_some() -> list[Sent]:
    """The first few of what is due have been told, side by side, or will be tried again. Opens works of its own."""
    known = {endpoint.name: endpoint.url for endpoint in endpoints()}
    claimed = _claim(list(known))
    if not claimed:
        return []
    with ThreadPoolExecutor(SIDE_BY_SIDE) as side_by_side:
        sent = list(side_by_side.map(_send, claimed, [known[one.endpoint] for one in claimed]))
    _note(sent)
    return sent


def _claim(names: list[str]) -> list[Claimed]:
    if not names:
        return []
    with work() as unit:
        return store.claim_due(unit.conn, names, at=unit.now, until=unit.now + LEASE, limit=SIDE_BY_SIDE)


def _send(one: Claimed, url: str) -> Sent:
    began = time.monotonic()
    try:
        headers = headers_of(one.notice_id, one.body, at=clock.now())
        answer = webhooks.post(url, one.body.encode(), headers, allows_private=settings().notice_webhooks_private)
    except DispatchError as error:
        return Sent(one, _ms_since(began), failure=error.sentence)
    return Sent(one, _ms_since(began), answer.status, _failure(answer.status), answer.pause)


def _note(sent: list[Sent]) -> None:
    with work() as unit:
        for one in sent:
            claimed = one.claimed
            store.set_try(unit.conn, claimed, took_ms=one.took_ms, status=one.status, failure=one.failure)
            if one.is_delivered:
                store.set_delivered(unit.conn, claimed, at=unit.now)
                continue
            store.set_failed(unit.conn, claimed, try_at=_next(one, unit.now))
            if one.status == GONE:
                store.insert_refusal(unit.conn, claimed.endpoint, at=unit.now)
            logger.warning("a notice was not taken", notice=str(claimed.notice_id), endpoint=claimed.endpoint, failure=one.failure)


def _next(one: Sent, at: datetime) -> datetime | None:
    """When it is tried again; None: never by itself."""
    if one.status == GONE or one.claimed.tries > len(PAUSES):
        return None
    return at + max(PAUSES[one.claimed.tries - 1], one.pause or timedelta())


def _failure(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if status == GONE:
        return "It answers 410: it does not want to be told any more."
    return f"It answers {status}, a redirect, which is not followed." if 300 <= status < 400 else f"It answers {status}."


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
