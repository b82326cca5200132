"""Waking somebody up: messages to SQS. A lost message is found again by the sweep, so nothing depends on it arriving."""

import json
from functools import cache
from typing import Any, NamedTuple

from dispatch.kit.errors import Unavailable
from dispatch.kit.settings import settings


class QueueSilent(Unavailable):
    """The queue does not answer."""


class Held(NamedTuple):
    """How many messages wait, and how many were put aside."""

    waiting: int
    dead: int


def wake_spawner(message: dict[str, Any]) -> None:
    """The spawner is told that a run is to be started, or, with `stop`, ended at its runtime."""
    _sqs().send_message(QueueUrl=settings().sqs_spawns_url, MessageBody=json.dumps(message))


def wake_turns(message: dict[str, Any], *, group: str, once: str) -> None:
    """The turn worker is told; messages of one `group` are handled in order, and `once` is not sent twice within 5 minutes."""
    _sqs().send_message(
        QueueUrl=settings().sqs_turns_url, MessageBody=json.dumps(message), MessageGroupId=group, MessageDeduplicationId=once
    )


def count(address: str) -> Held:
    """How many messages the queue holds, and its queue for what failed too often. Raises QueueSilent."""
    try:
        asked = ["ApproximateNumberOfMessages", "RedrivePolicy"]
        told = _sqs().get_queue_attributes(QueueUrl=address, AttributeNames=asked)["Attributes"]
        aside = json.loads(told["RedrivePolicy"])["deadLetterTargetArn"].rpartition(":")[2]
        beside = _sqs().get_queue_url(QueueName=aside)["QueueUrl"]
        dead = _sqs().get_queue_attributes(QueueUrl=beside, AttributeNames=asked[:1])["Attributes"]
    except Exception as error:
        raise QueueSilent(f"The queue cannot be asked ({type(error).__name__}). May this function read its attributes?") from error
    return Held(waiting=int(told["ApproximateNumberOfMessages"]), dead=int(dead["ApproximateNumberOfMessages"]))


@cache
def _sqs() -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs] - 270 ms of CPU: only who sends pays for it

    return boto3.client("sqs")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
