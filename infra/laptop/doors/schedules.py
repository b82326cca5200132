"""The schedules door: what EventBridge Scheduler does. A schedule fires at every multiple of its period since midnight UTC."""

import asyncio
import logging
import time
from datetime import timedelta

from infra.laptop.doors.invoking import Invoker
from infra.wiring import Schedule

logger = logging.getLogger("dispatch.laptop")

LONGEST_NAP_S = 20.0  # a laptop that slept through midnight notices this soon


async def keep(schedule: Schedule, invoker: Invoker) -> None:
    """Fires `schedule` until cancelled. An event that is still being handled is not overtaken by the next."""
    period = schedule.every_on_laptop or schedule.every
    due = next_after(time.time(), period)
    while True:
        await asyncio.sleep(min(LONGEST_NAP_S, max(0.0, due - time.time())))
        if time.time() < due:
            continue
        due = next_after(time.time(), period)
        try:
            await invoker.call_soon(schedule.event)
        except Exception:  # the next one may work
            logger.exception("%s failed at %s", invoker.function.name, schedule.name)


def next_after(now: float, period: timedelta) -> float:
    """The first multiple of `period` after `now`, both in seconds of the epoch, which began at midnight UTC."""
    seconds = period.total_seconds()
    return (now // seconds + 1) * seconds
