"""Calling a Lambda handler as Lambda does: found by name, in a thread that has an event loop, with a context object."""

import asyncio
import importlib
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, cast

from infra.wiring import Function

logger = logging.getLogger("dispatch.laptop")

LOADING = threading.Lock()  # imports in several threads at once may see each other's modules half made

Event = dict[str, Any]
Handler = Callable[[Event, "Context"], Any]


class Context:
    """What Lambda passes beside the event."""

    function_version = "$LATEST"

    def __init__(self, function: Function, timeout_s: float) -> None:
        self.function_name = f"dispatch-{function.name}"
        self.memory_limit_in_mb = str(function.memory_mb)
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{self.function_name}"
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = "laptop"
        self._deadline = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """How long the handler may still take."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class Invoker:
    """One function, ready to be called. Its threads are its containers: each handles one event at a time."""

    def __init__(self, function: Function, *, threads: int) -> None:
        self.function = function
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=function.name, initializer=_have_event_loop)
        self._handler: Handler | None = None

    def submit(self, event: Event) -> Future[Any]:
        """The handler's answer, some time later. What it raises, the future raises."""
        return self._threads.submit(self._call, event)

    def call(self, event: Event) -> Any:
        """The handler's answer, in the time that the function has."""
        return self.submit(event).result(self.function.timeout_s)

    async def call_soon(self, event: Event) -> Any:
        """As `call`, without holding the event loop. A call that is given up goes on to its end, unheard."""
        return await asyncio.wait_for(asyncio.wrap_future(self.submit(event)), self.function.timeout_s)

    def warm(self) -> None:
        """The handler's module is imported, so that the first event need not wait for it."""
        try:
            self._load()
        except Exception:  # the first event meets the same error, and its door answers
            logger.exception("%s cannot be loaded", self.function.handler)

    def close(self) -> None:
        """No event is taken any more. Running calls are not waited for: Lambda would not either."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _call(self, event: Event) -> Any:
        return self._load()(event, Context(self.function, self.function.timeout_s))

    def _load(self) -> Handler:
        with LOADING:
            if self._handler is None:
                module, _, attribute = self.function.handler.partition(":")
                self._handler = cast("Handler", getattr(importlib.import_module(module), attribute))
            return self._handler


def _have_event_loop() -> None:
    """Mangum asks for the thread's event loop; only a main thread has one by itself."""
    asyncio.set_event_loop(asyncio.new_event_loop())
