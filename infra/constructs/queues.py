"""The queues of the table, each with one for what failed too often, and alarms that look at both."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import wiring
from infra.wiring import FUNCTIONS

PATIENCE = 6  # a message is hidden for so many times its function's timeout: what still works on it is not given to a second


class Queues(Construct):
    """Every queue by its name in the table."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self.dead: dict[str, sqs.Queue] = {}
        self.by_name: dict[str, sqs.Queue] = {}
        for function in FUNCTIONS:
            for wake in function.wakes:
                if isinstance(wake, wiring.Queue):
                    self.by_name[wake.name] = self._queue(wake, timeout_s=function.timeout_s)

    def _queue(self, wanted: wiring.Queue, *, timeout_s: int) -> sqs.Queue:
        role = wanted.name.removesuffix(".fifo").capitalize()
        dead = self.dead[wanted.name] = sqs.Queue(
            self, f"{role}Dead", fifo=wanted.is_fifo or None, retention_period=Duration.days(14), enforce_ssl=True
        )
        return sqs.Queue(
            self,
            role,
            fifo=wanted.is_fifo or None,
            visibility_timeout=Duration.seconds(PATIENCE * timeout_s),
            retention_period=Duration.days(4),
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=wanted.max_receives),
        )
