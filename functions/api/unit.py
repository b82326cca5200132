"""The transaction of a request: open before the route, committed after it and before its answer is sent."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends

from dispatch.kit.work import Work, work


async def _open_work() -> AsyncGenerator[Work]:
    """Async without waiting for anything: so that it runs, and takes its connection, in the door's own thread."""
    with work() as unit:
        yield unit


# scope="function": a commit that fails is the answer, not a line in the log after a 200
TheWork = Annotated[Work, Depends(_open_work, scope="function")]
