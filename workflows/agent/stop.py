"""One word from outside that ends everything: the claim is over, a person cancelled, or the machine wants the process gone."""

import threading
from enum import StrEnum


class Reason(StrEnum):
    """Who wants the run to stop."""

    STALE = "stale"  # nothing more may be sent
    CANCELLED = "cancelled"  # the server has finished the run already: nothing more is wanted
    TERMINATED = "terminated"  # the server does not know yet


class Stop(threading.Event):
    """Set once, with the first reason that came."""

    reason: Reason | None = None

    def ask(self, reason: Reason) -> None:
        """Everything that waits on this stop ends soon."""
        self.reason = self.reason or reason
        self.set()

    def turn_out(self, reason: Reason) -> None:
        """It was for another reason than the first that came: the machine's word often overtakes the server's."""
        self.reason = reason
        self.set()
