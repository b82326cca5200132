"""A worker in a process of its own, to be killed. It is forked from one that has the heavy imports behind it."""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["dispatch.orchestrator", "anthropic", "httpx2"])


@contextmanager
def doomed_worker(turn_id: UUID) -> Iterator[None]:
    """The worker does the turn; where this ends it is killed (-9)."""
    process = _processes.Process(target=_do, args=(turn_id, dict(os.environ)), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _do(turn_id: UUID, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    from dispatch import orchestrator

    orchestrator.run_turn(turn_id)
