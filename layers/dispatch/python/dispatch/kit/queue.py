"""Waking somebody up: messages to SQS. A lost message is found again by the sweep, so nothing depends on it arriving."""

import json
from functools import cache
from typing import Any

from dispatch.kit.settings import settings


def wake_spawner(message: dict[str, Any]) -> None:
    """The spawner is told that a run is to be started, or, with `stop`, ended at its runtime."""
    _sqs().send_message(QueueUrl=settings().sqs_spawns_url, MessageBody=json.dumps(message))


def wake_turns(message: dict[str, Any], *, group: str, once: str) -> None:
    """The turn worker is told; messages of one `group` are handled in order, and `once` is not sent twice within 5 minutes."""
    _sqs().send_message(
        QueueUrl=settings().sqs_turns_url, MessageBody=json.dumps(message), MessageGroupId=group, MessageDeduplicationId=once
    )


@cache
def _sqs() -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs] - 270 ms of CPU: only who sends pays for it

    return boto3.client("sqs")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
