"""Production's logs for tests: lines said at moments before now, and somebody who asks."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch import logs
from dispatch.kit import clock
from dispatch.kit.actors import Actor, ActorKind
from dispatch.logs import Asker, LogAnswer
from tests.loki_door import Loki

ADA = Asker(actor=Actor(kind=ActorKind.PERSON, name="Ada"))


class Shop:
    """The application. `said(minutes, ...)` logs a line so long ago; `ask(name, ...)` asks as Ada."""

    def __init__(self, loki: Loki) -> None:
        self.loki = loki
        self.now: datetime = clock.now()

    def said(self, minutes: float, msg: str = "Payment failed", *, times: int = 1, **fields: Any) -> None:
        line = {"source": "billing", "feature": "checkout", "level": "error", "msg": msg} | fields
        for number in range(times):
            at = self.now - timedelta(minutes=minutes, milliseconds=number)
            self.loki.say(at, **{name: value for name, value in line.items() if value is not None})

    def ask(self, name: str, asker: Asker = ADA, **params: Any) -> LogAnswer:
        return logs.ask(logs.read_query(name, params), asker)


@pytest.fixture
def shop(loki: Loki, database: str) -> Shop:
    return Shop(loki)
