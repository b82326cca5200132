"""Routes that run where the request came in."""

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

from fastapi import APIRouter
from pydantic.warnings import UnsupportedFieldAttributeWarning

# FastAPI silences it while it builds a body's shape; ours are built later, when they are first used
warnings.filterwarnings("ignore", category=UnsupportedFieldAttributeWarning)


class Router(APIRouter):
    """The routes of one noun, each run in the door's own thread.

    A Lambda container serves one request at a time, so FastAPI's thread pool frees nobody: it costs a third of a short request
    (four hops, and a thread started for each), and a work opened in a pooled thread would bring a second database connection.
    """

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        """Every decorator ends here."""
        super().add_api_route(path, _in_this_thread(endpoint), **more)


def _in_this_thread(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(endpoint)
    async def run(*args: Any, **kwargs: Any) -> Any:
        return endpoint(*args, **kwargs)

    return run
