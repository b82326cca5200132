"""The API's entry: an HTTP API v2 event in, its answer out."""

import asyncio
from typing import Any

from mangum import Mangum

from dispatch.kit.edge import behind_edge
from dispatch.kit.log import watched
from functions.api.app import create_app

_serve = Mangum(create_app(), lifespan="off")


@watched
@behind_edge
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    _ensure_loop()
    return _serve(event, context)


def _ensure_loop() -> None:
    """Mangum wants this thread to have an event loop: Lambda's one thread, or any of the laptop's doors."""
    try:
        loop = asyncio.get_event_loop()
    except RuntimeError:
        loop = None
    if loop is None or loop.is_closed():
        asyncio.set_event_loop(asyncio.new_event_loop())
