"""What a body may be: at most 1 MB (an agent's result or artifact: 5 MB), and JSON nested at most 64 deep.

Looked at before anything takes it apart.
"""

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch.kit.nesting import DEEPEST, is_too_deep
from functions.api.errors import problem

MOST_BYTES = 1_000_000
MOST_RESULT_BYTES = 5_000_000  # holds a whole patch, or an artifact of 3 MB as base64; Lambda itself takes 6 MB
RESULT = re.compile(r"/api/runs/[^/]+/(?:result|artifacts)")


class BodyBounds:
    """Refuses bodies that are too large or nested too deep."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads the body whole, and passes it on if it is within bounds."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = MOST_RESULT_BYTES if RESULT.fullmatch(scope["path"]) else MOST_BYTES
        body = await _read(receive, most)
        if len(body) > most:
            answer = problem(Request(scope), 413, f"The body is too large: at most {most // 1_000_000} MB.", code="too_large")
            await answer(scope, receive, send)
        elif is_too_deep(body):
            answer = problem(Request(scope), 422, f"The body is nested more than {DEEPEST} deep.", code="bad_input")
            await answer(scope, receive, send)
        else:
            await self.app(scope, _once(body, receive), send)


async def _read(receive: Receive, most: int) -> bytes:
    """The whole body, or so much of it that it is too much."""
    body = b""
    while len(body) <= most:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body


def _once(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body first, then whatever comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
