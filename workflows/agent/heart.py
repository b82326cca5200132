"""The heartbeat: says every few seconds that the agent lives, apart from its output, and carries back what it is to do."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent.server import RefusedError, Server, StaleClaimError, UnreachableError
from agent.stop import Reason, Stop

MOST_HEARD = 100  # the latest; the server has long known of those before

logger = logging.getLogger(__name__)


@dataclass
class Heart:
    """Beats every `every_s` until `rest`. `pulse` answers (dollars so far, tool that runs); `say` and `land` reach the agent."""

    server: Server
    every_s: float
    stop: Stop
    pulse: Callable[[], tuple[float, str | None]]
    say: Callable[[str], None]
    land: Callable[[str], None]
    heard: dict[str, None] = field(default_factory=dict)  # in their order
    resting: threading.Event = field(default_factory=threading.Event)

    def start(self) -> "Heart":
        """A thread of its own beats."""
        threading.Thread(target=self._beat_on, name="heart", daemon=True).start()
        return self

    def rest(self) -> None:
        """No further beat."""
        self.resting.set()

    def _beat_on(self) -> None:
        while not self.stop.is_set() and not self.resting.is_set():
            try:
                self._obey(self.server.beat(*self.pulse(), heard=list(self.heard)[-MOST_HEARD:]))
            except StaleClaimError:
                if not self.resting.is_set():
                    self.stop.ask(Reason.STALE)
            except (UnreachableError, RefusedError) as error:
                logger.warning("heartbeat not taken: %s", error)
            self.resting.wait(self.every_s)

    def _obey(self, answer: dict[str, Any]) -> None:
        for message in answer.get("say") or []:
            if message["id"] not in self.heard:  # the server repeats each until it knows that it was heard
                self.heard[message["id"]] = None
                self.say(message["text"])
        if answer.get("directive") == "cancel":
            self.stop.ask(Reason.CANCELLED)
        elif answer.get("directive") == "land":
            self.land("The people who follow this run ask you to come to an end.")
