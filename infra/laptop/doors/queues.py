"""The SQS door: moto's SQS on a loopback port, and what AWS calls event source mappings: messages brought to their functions.

Messages live in memory. That is enough: Postgres is the truth, and the sweep finds what a lost message should have woken.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import TimeoutError as LateError
from typing import Any

from infra.laptop.doors.invoking import Event, Invoker
from infra.wiring import Queue

logger = logging.getLogger("dispatch.laptop")

RETRY_S = 5  # a failed message is tried again soon; the visibility timeout is for workers that died, and ours die with the queue
PATIENCE_S = 1.0  # how long a message that became visible again may go unnoticed
VISIBILITY_FACTOR = 6  # times the function's timeout: AWS's own advice, and what the stack sets


class Bell:
    """Rings when something was sent to any queue.

    Pollers wait for it instead of in SQS's long poll, because moto's long poll spins while the first message of a FIFO group is being
    handled, and does not notice when that group becomes free.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rings = 0

    def ring(self) -> None:
        """Everyone who waits wakes up."""
        with self._changed:
            self._rings += 1
            self._changed.notify_all()

    def wait(self, heard: int) -> int:
        """How often it rang so far, as soon as that is more than `heard`, or after a moment anyhow."""
        with self._changed:
            self._changed.wait_for(lambda: self._rings > heard, PATIENCE_S)
            return self._rings


class Sqs:
    """moto's SQS, reached by unmodified boto3 at `url`."""

    def __init__(self, region: str = "us-east-1") -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
        from werkzeug.serving import make_server

        self.bell = Bell()
        self.region = region
        moto = DomainDispatcherApplication(create_backend_app)
        handler = type("Quiet", (MotoRequestHandler,), {"log_request": lambda *_: None, "protocol_version": "HTTP/1.1"})
        self._server = make_server("127.0.0.1", 0, self._listening(moto), threaded=True, request_handler=handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="sqs", daemon=True).start()

    def client(self) -> Any:
        """A boto3 client for these queues, whatever the environment says."""
        import boto3

        keys = {"aws_access_key_id": "laptop", "aws_secret_access_key": "laptop"}  # moto takes any
        return boto3.client("sqs", endpoint_url=self.url, region_name=self.region, **keys)

    def make_queue(self, queue: Queue, *, timeout_s: int) -> str:
        """The queue and its dead-letter queue are there; returns the queue's address."""
        client = self.client()
        fifo = {"FifoQueue": "true"} if queue.is_fifo else {}
        dead = client.create_queue(QueueName=queue.dead_letters, Attributes=fifo)["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": queue.max_receives})
        attributes = fifo | {"VisibilityTimeout": str(VISIBILITY_FACTOR * timeout_s), "RedrivePolicy": redrive}
        return client.create_queue(QueueName=queue.name, Attributes=attributes)["QueueUrl"]

    def stop(self) -> None:
        """Nothing can be sent any more."""
        self._server.shutdown()
        self._server.server_close()

    def _listening(self, moto: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            answer = moto(environ, start_response)
            if "SendMessage" in environ.get("HTTP_X_AMZN_TARGET", environ.get("HTTP_X_AMZ_TARGET", "")):
                self.bell.ring()
            return answer

        return app


class Source:
    """Brings the messages of one queue to one function: in batches, several side by side, one of a FIFO group at a time."""

    def __init__(self, sqs: Sqs, queue: Queue, invoker: Invoker) -> None:
        self._sqs, self._queue, self._invoker = sqs, queue, invoker
        self._client = sqs.client()
        self.url = sqs.make_queue(queue, timeout_s=invoker.function.timeout_s)
        self._free = threading.Semaphore(queue.concurrency)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Messages are being brought from now on."""
        threading.Thread(target=self._run, name=f"queue {self._queue.name}", daemon=True).start()

    def stop(self) -> None:
        """No further message is taken."""
        self._stopping.set()
        self._sqs.bell.ring()

    def _run(self) -> None:
        heard = 0
        while not self._stopping.is_set():
            try:
                while self._take_one_batch():
                    pass
            except Exception:  # a queue that stops listening would stop everything behind it
                logger.exception("queue %s cannot be read", self._queue.name)
                time.sleep(PATIENCE_S)
            heard = self._sqs.bell.wait(heard)

    def _take_one_batch(self) -> bool:
        """Whether there was a batch. Waits for a free place first: a message taken too early would only wait here, invisible."""
        self._free.acquire()
        messages: list[Event] = []
        try:
            if not self._stopping.is_set():
                messages = self._receive()
        finally:
            if not messages:
                self._free.release()
        if messages:
            threading.Thread(target=self._handle, args=(messages,), name=f"batch {self._queue.name}", daemon=True).start()
        return bool(messages)

    def _receive(self) -> list[Event]:
        answer = self._client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=self._queue.batch_size,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def _handle(self, messages: Sequence[Event]) -> None:
        try:
            failed = self._invoke(messages)
            self._settle(messages, failed)
        except Exception:  # the messages stay, and are seen again when their time is over
            logger.exception("queue %s cannot be written", self._queue.name)
        finally:
            self._free.release()
            self._sqs.bell.ring()  # a place is free, and perhaps a FIFO group

    def _invoke(self, messages: Sequence[Event]) -> set[str]:
        """The ids of the messages that were not handled: all of them when the function failed or ran out of time."""
        everyone = {message["MessageId"] for message in messages}
        try:
            answer = self._invoker.call({"Records": [to_record(message, self._queue, self._sqs.region) for message in messages]})
        except LateError:
            logger.error("%s ran out of time", self._invoker.function.name)  # noqa: TRY400 where it was is not known
            return everyone
        except Exception:  # a door goes on, whatever the handler did
            logger.exception("%s failed", self._invoker.function.name)
            return everyone
        failures = answer.get("batchItemFailures") or [] if isinstance(answer, Mapping) else []
        named = {failure.get("itemIdentifier") for failure in failures}
        return named if named <= everyone else everyone  # an unknown or empty id fails the batch, as on AWS

    def _settle(self, messages: Sequence[Event], failed: set[str]) -> None:
        for message in messages:
            where = {"QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"]}
            if message["MessageId"] in failed:
                self._client.change_message_visibility(**where, VisibilityTimeout=RETRY_S)
            else:
                self._client.delete_message(**where)


def to_record(message: Event, queue: Queue, region: str) -> Event:
    """A received message as Lambda's record of it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{region}:123456789012:{queue.name}",
        "awsRegion": region,
    }


def _attribute(value: Event) -> Event:
    return {"stringValue": value.get("StringValue"), "dataType": value["DataType"], "stringListValues": [], "binaryListValues": []}
