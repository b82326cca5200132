"""Functions as Lambda runs them, on this machine: a container is a process that takes one event at a time, over a connection of its own.

None free: another starts, and is slow the first time; as many as the table allows: throttled. Who takes too long is killed, and now and
then one is killed in the middle for no reason. Containers are forked from a process that has imported the handlers already, so that a
hundred of them fit into this machine; what their cold start takes on Lambda they sleep.
"""

import importlib
import logging
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from infra.wiring import FUNCTIONS, Function

COLD_S = 0.7  # process, imports and the first connection, as Lambda needs for the API
KILLED = 0.002  # of all events: a container that dies in the middle
KILL_WITHIN_S = 0.03

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["benchmarks.load", *(function.handler.partition(":")[0] for function in FUNCTIONS)])


class ThrottledError(Exception):
    """Every container is busy."""


class FailedError(Exception):
    """The container died, took too long, or its handler raised."""


def get_ready() -> None:
    """The process that containers are forked from has imported everything."""
    os.environ["PYTHONWARNINGS"] = "ignore::RuntimeWarning:runpy"  # each imports the program that was started as well
    ready = _context.Process(target=int)
    ready.start()
    ready.join()


class Container:
    """One process."""

    def __init__(self, function: Function, environment: Mapping[str, str]) -> None:
        self.pipe, far = _context.Pipe()
        self.is_cold, self.cpu_ms = True, 0.0
        self.process = _context.Process(target=_live, args=(function.handler, dict(environment), far), daemon=True)
        self.process.start()
        far.close()

    def call(self, event: dict[str, Any], *, timeout_s: float) -> Any:
        """What the handler answers. Raises FailedError; then the container is gone."""
        try:
            self.pipe.send(event)
            if random.random() < KILLED:
                time.sleep(random.uniform(0, KILL_WITHIN_S))
                raise EOFError
            if not self.pipe.poll(timeout_s):
                raise TimeoutError
            raised, answer, self.cpu_ms = self.pipe.recv()
        except (EOFError, OSError) as error:
            self.process.kill()
            raise FailedError(type(error).__name__) from error
        if raised:
            raise FailedError(answer)
        return answer


class Lambda:
    """One function of the table, and what was counted of it."""

    def __init__(self, function: Function, environment: Mapping[str, str]) -> None:
        self.function, self._environment = function, environment
        self._lock = threading.Lock()
        self._idle: list[Container] = []
        self.containers = self.most = self.cold = self.throttled = self.failed = 0
        self.took_ms: list[float] = []  # warm ones
        self.cpu_ms: list[float] = []

    def invoke(self, event: dict[str, Any]) -> Any:
        """What the handler answers. Raises ThrottledError, FailedError."""
        began = time.monotonic()
        container = self._take()
        try:
            answer = container.call(event, timeout_s=self.function.timeout_s)
        except FailedError:
            with self._lock:
                self.containers -= 1
                self.failed += 1
            raise
        with self._lock:
            self._idle.append(container)
            if not container.is_cold:
                self.took_ms.append((time.monotonic() - began) * 1000)
                self.cpu_ms.append(container.cpu_ms)
            container.is_cold = False
        return answer

    def forget(self) -> None:
        """What was counted until now does not count: containers were being started."""
        with self._lock:
            self.cold = self.throttled = self.failed = 0
            self.took_ms, self.cpu_ms = [], []

    def end(self) -> None:
        """Every container is gone."""
        for container in self._idle:
            container.process.kill()

    def _take(self) -> Container:
        with self._lock:
            if self._idle:
                return self._idle.pop()  # the warmest, as Lambda does
            if self.containers == self.function.at_most:
                self.throttled += 1
                raise ThrottledError
            self.containers += 1
            self.cold += 1
            self.most = max(self.most, self.containers)
        container = Container(self.function, self._environment)
        time.sleep(COLD_S)
        return container


def _live(handler: str, environment: dict[str, str], pipe: Connection) -> None:
    os.environ.update(environment)
    logging.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # CloudWatch is not here
    module, _, name = handler.partition(":")
    handle = getattr(importlib.import_module(module), name)
    while True:
        try:
            event = pipe.recv()
        except EOFError:
            return
        began = time.process_time()
        try:
            answer = False, handle(event, None)
        except Exception as error:  # noqa: BLE001 - as the runtime does
            answer = True, repr(error)
        pipe.send((*answer, (time.process_time() - began) * 1000))
