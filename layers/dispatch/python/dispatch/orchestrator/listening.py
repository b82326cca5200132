"""Listening to something slow without being held by it: its events as they come, and a sign of silence in between."""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class _End:
    """The speaker has ended, well or by an error."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Ear(Generic[T]):
    """A thread that reads events into a queue. It touches nothing else, and stops at the next event once nobody listens."""

    def __init__(self, speak: Callable[[], Generator[T]]) -> None:
        self.heard: SimpleQueue[T | _End] = SimpleQueue()
        self.hung_up = threading.Event()
        threading.Thread(target=self._listen, args=(speak,), name="listening", daemon=True).start()

    def _listen(self, speak: Callable[[], Generator[T]]) -> None:
        try:
            with closing(speak()) as events:
                for event in events:
                    if self.hung_up.is_set():
                        return
                    self.heard.put(event)
            self.heard.put(_End(None))
        except BaseException as error:  # noqa: BLE001 - it is raised again where somebody listens
            self.heard.put(_End(error))


def listen(speak: Callable[[], Generator[T]], *, every_s: float) -> Iterator[T | None]:
    """Each event of `speak` as it comes; None whenever `every_s` went by without one. Its error is raised here."""
    ear = _Ear(speak)
    try:
        while True:
            try:
                event = ear.heard.get(timeout=every_s)
            except Empty:
                yield None
                continue
            if isinstance(event, _End):
                if event.error:
                    raise event.error
                return
            yield event
    finally:
        ear.hung_up.set()
