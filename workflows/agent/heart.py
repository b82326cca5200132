"""The heartbeat: says every few seconds that the agent lives, apart from its output, and carries back what it is to do."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent.server import RefusedError, Server, StaleClaimError
from agent.stop import Reason, Stop
from agent.web import UnreachableError, insist

MOST_HEARD = 100  # the latest; the server has long known of those before
SOON_S = 1.0  # between two beats, where the server waits for one
LAST_BREATH_S = 1.0  # for a beat under way, before the very last one

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
    wanted: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def start(self) -> "Heart":
        """A thread of its own beats."""
        self.thread = threading.Thread(target=self._beat_on, name="heart", daemon=True)
        self.thread.start()
        return self

    def beat_soon(self) -> None:
        """Something waits for this runner: the next beat comes within a second."""
        self.wanted.set()

    def rest(self) -> None:
        """No further beat by itself."""
        self.resting.set()
        self.wanted.set()

    def say_quiet(self, patience_s: float) -> bool:
        """The server has been told that no process of the agent is left. Answers whether it wants nothing more of this run."""
        self.rest()
        if self.thread:
            self.thread.join(LAST_BREATH_S)
        spent, _ = self.pulse()
        try:
            answer = insist(lambda: self.server.beat(spent, None, heard=[], quiet=True), patience_s=patience_s)
        except StaleClaimError:
            return True
        except (RefusedError, UnreachableError) as error:
            logger.warning("the last heartbeat was not taken: %s", error)
            return False
        return answer.get("directive") == "cancel"

    def _beat_on(self) -> None:
        while not self.stop.is_set() and not self.resting.is_set():
            self.wanted.clear()
            self._beat()
            began = time.monotonic()
            self.wanted.wait(self.every_s)
            self.resting.wait(max(0.0, began + min(SOON_S, self.every_s) - time.monotonic()))

    def _beat(self) -> None:
        try:
            self._obey(self.server.beat(*self.pulse(), heard=list(self.heard)[-MOST_HEARD:]))
        except StaleClaimError:
            if not self.resting.is_set():
                self.stop.ask(Reason.STALE)
        except (UnreachableError, RefusedError) as error:
            logger.warning("heartbeat not taken: %s", error)

    def _obey(self, answer: dict[str, Any]) -> None:
        for message in answer.get("say") or []:
            if message["id"] not in self.heard:  # the server repeats each until it knows that it was heard
                self.heard[message["id"]] = None
                self.say(message["text"])
        if answer.get("directive") == "cancel":
            self.stop.ask(Reason.CANCELLED)
        elif answer.get("directive") == "land":
            self.land("The control plane asks you to come to an end.")
