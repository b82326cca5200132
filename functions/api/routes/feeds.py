"""Feeds read over HTTP, and tickets for sockets."""

from typing import Annotated

from fastapi import Query

from dispatch import people, stream
from dispatch.people import Ticket
from dispatch.stream import FeedPage
from functions.api.callers import Reader
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["feeds"])


@router.get("/feed/{topic}")
def read_feed(
    work: TheWork,
    caller: Reader,
    topic: str,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> FeedPage:
    """Frames after a seq, in order. A page may hold fewer than `limit`; there is more while its last seq is below `newest`."""
    people.check_topic(caller, topic)
    return stream.read_feed(work, topic, after=after, limit=limit)


@router.post("/sockets/ticket")
def make_ticket(work: TheWork, caller: Reader) -> Ticket:
    """A ticket that opens one socket within a minute, with the caller's rights."""
    return people.make_ticket(work, caller)
