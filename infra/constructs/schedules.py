# pyright: reportArgumentType=false, reportReturnType=false
# (the protocols that jsii generates name parameters otherwise than its classes)
"""The schedules of the table, by EventBridge Scheduler: nothing is asked twice for a minute that has passed."""

import json
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra.constructs.functions import Functions
from infra.wiring import FUNCTIONS, Schedule


class Schedules(Construct):
    """One schedule a line of the table; its function hears which."""

    def __init__(self, scope: Construct, name: str, functions: Functions) -> None:
        super().__init__(scope, name)
        for function in FUNCTIONS:
            for wake in function.wakes:
                if isinstance(wake, Schedule):
                    self._schedule(wake, functions, function.name)

    def _schedule(self, wanted: Schedule, functions: Functions, function: str) -> None:
        role = "".join(word.capitalize() for word in wanted.name.split("_"))
        scheduler.Schedule(
            self,
            role,
            schedule=scheduler.ScheduleExpression.expression(expression_of(wanted.every)),
            time_window=scheduler.TimeWindow.off(),
            target=targets.LambdaInvoke(
                functions.by_name[function],
                input=scheduler.ScheduleTargetInput.from_text(json.dumps(wanted.event)),
                retry_attempts=0,  # the next minute asks again
                max_event_age=Duration.minutes(1),
            ),
        )


def expression_of(every: timedelta) -> str:
    """The cron expression of every multiple of this since midnight UTC."""
    minutes = int(every.total_seconds() // 60)
    if minutes < 60:
        return f"cron(0/{minutes} * * * ? *)"
    return f"cron(0 0/{minutes // 60} * * ? *)" if minutes < 24 * 60 else "cron(0 0 * * ? *)"
