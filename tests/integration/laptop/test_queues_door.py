"""Messages sent by unmodified boto3 reach their function, soon, in batches, in order, and again when it failed."""

import json
import time
import uuid
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import boto3
import pytest

from tests.integration.laptop.conftest import Laptop
from tests.integration.laptop.fake_functions import SEEN


@pytest.fixture
def sqs(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", laptop.sqs.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return boto3.client("sqs")


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def spawn(sqs: Any, laptop: Laptop, test: str, *numbers: Any) -> None:
    entries = [{"Id": str(i), "MessageBody": json.dumps({"test": test, "n": n})} for i, n in enumerate(numbers)]
    sqs.send_message_batch(QueueUrl=laptop.queue("SQS_SPAWNS_URL"), Entries=entries)


def turn(sqs: Any, laptop: Laptop, test: str, n: int, group: str, takes: float = 0.0) -> None:
    body = json.dumps({"test": test, "n": n, "takes": takes})
    sqs.send_message(
        QueueUrl=laptop.queue("SQS_TURNS_URL"), MessageBody=body, MessageGroupId=group, MessageDeduplicationId=str(uuid.uuid4())
    )


def test_a_message_arrives_soon_as_lambda_would_see_it(laptop: Laptop, sqs: Any) -> None:
    delays = []
    for n in range(20):
        sent = time.monotonic()
        spawn(sqs, laptop, "soon", n)
        wait_until(lambda n=n: len(SEEN["soon"]) == n + 1)
        delays.append(SEEN["soon"][-1][1] - sent)

    record = SEEN["soon"][-1][3]
    assert sorted(delays)[10] < 0.25  # the middle one; about 10 ms on an idle machine, and this one may be busy
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", "arn:aws:sqs:us-east-1:123456789012:spawns")
    assert record["attributes"]["SentTimestamp"]


def test_only_the_failed_message_of_a_batch_comes_again_and_is_put_aside_at_last(laptop: Laptop, sqs: Any) -> None:
    spawn(sqs, laptop, "partial", 1, "bad", 2)

    wait_until(lambda: [seen[0] for seen in SEEN["partial"]].count("bad") == 2)
    dead = laptop.queue("SQS_SPAWNS_URL").replace("spawns", "spawns-dead")
    wait_until(lambda: "Messages" in sqs.receive_message(QueueUrl=dead, VisibilityTimeout=0))
    counts = sorted((str(seen[0]), seen[2]) for seen in SEEN["partial"])
    assert counts == [("1", 1), ("2", 1), ("bad", 1), ("bad", 2)]


def test_a_batch_whose_function_raised_comes_again(laptop: Laptop, sqs: Any) -> None:
    spawn(sqs, laptop, "raised", "raise")

    wait_until(lambda: [seen[2] for seen in SEEN["raised"]] == [1, 2])


def test_a_handled_message_is_gone(laptop: Laptop, sqs: Any) -> None:
    spawn(sqs, laptop, "gone", 1)
    wait_until(lambda: len(SEEN["gone"]) == 1)

    def left() -> dict[str, str]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return sqs.get_queue_attributes(QueueUrl=laptop.queue("SQS_SPAWNS_URL"), AttributeNames=names)["Attributes"]

    wait_until(lambda: set(left().values()) == {"0"})


def test_one_group_is_in_order_and_one_at_a_time(laptop: Laptop, sqs: Any) -> None:
    for n in range(6):
        turn(sqs, laptop, "order", n, "chat-1", takes=0.05)

    wait_until(lambda: len(SEEN["order"]) == 12)
    assert [(what, n) for what, n, *_ in SEEN["order"]] == [(what, n) for n in range(6) for what in ("begin", "end")]
    pauses = [begin[3] - end[3] for end, begin in pairwise(SEEN["order"]) if begin[0] == "begin"]
    assert sorted(pauses)[2] < 0.3  # the next one of a group does not wait for a poll


def test_groups_run_side_by_side(laptop: Laptop, sqs: Any) -> None:
    turn(sqs, laptop, "side", 1, "chat-a", takes=1.0)
    wait_until(lambda: len(SEEN["side"]) == 1)

    turn(sqs, laptop, "side", 2, "chat-b")

    wait_until(lambda: len(SEEN["side"]) >= 3, seconds=0.9)
    assert [(what, n) for what, n, *_ in SEEN["side"][:3]] == [("begin", 1), ("begin", 2), ("end", 2)]


def test_waiting_behind_a_busy_group_costs_no_cpu(laptop: Laptop, sqs: Any) -> None:
    turn(sqs, laptop, "calm", 1, "chat-c", takes=2.0)
    turn(sqs, laptop, "calm", 2, "chat-c")
    wait_until(lambda: len(SEEN["calm"]) == 1)

    before = time.process_time()
    time.sleep(1.0)

    assert time.process_time() - before < 0.4
    wait_until(lambda: len(SEEN["calm"]) == 4)


def test_schedules_fire_at_every_multiple_of_their_period(laptop: Laptop) -> None:
    before = len(SEEN["schedules"])

    time.sleep(2.5)

    assert 2 <= len(SEEN["schedules"]) - before <= 3
    assert SEEN["schedules"][-1] == {"source": "dispatch.schedule", "schedule": "sweep"}
