"""The log: one JSON line per event, with keys. Never a secret, a token or a whole payload.

Beside a line's own keys stand those of the event that is handled: `function`, `request`, `trace_id`, and `issue` and `run` where known.
"""

import os
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger

from dispatch.kit import metrics, settings

logger = Logger(service="dispatch", log_uncaught_exceptions=False)

Handler = Callable[[dict[str, Any], Any], Any]


def watched(handler: Handler) -> Handler:
    """Each event's lines say which event it was, and nothing of the one before. A container's first is counted as a cold start."""
    events = iter([0])

    @wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> Any:
        logger.thread_safe_clear_keys()
        about(function=getattr(context, "function_name", None), request=getattr(context, "aws_request_id", None), trace_id=_door(event))
        if context and next(events, None) is not None and not _is_kept_warm():
            metrics.tell({"ColdStart": 1}, function_name=context.function_name)
        settings.refresh()
        return handler(event, context)

    return handle


def about(**keys: str | None) -> None:
    """The lines of this event that follow have these keys too; None takes one away."""
    logger.thread_safe_append_keys(**keys)


def _door(event: Mapping[str, Any]) -> str | None:
    """The door's own id of the request, which is what strangers are told of a failure."""
    return event.get("requestContext", {}).get("requestId")


def _is_kept_warm() -> bool:
    """Started before anybody asked: nobody waited for it."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency"
