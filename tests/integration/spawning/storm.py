"""A storm: threads, each with a connection of its own, that take random steps against the limits, some killed in the middle of their work."""

import itertools
import logging
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.errors import DeadlockDetected, OperationalError

from dispatch import spawning
from dispatch.kit import clock
from dispatch.kit.errors import DispatchError, Unavailable
from dispatch.kit.work import close_connection, connection, work
from tests.integration.spawning import invariants
from tests.integration.spawning.steps import STEPS, World, make_world

KILLED = 0.012  # the part of steps before which a thread ends another's connection


@dataclass
class Told:
    """What a storm has done, and what it broke; `faults` are errors that no door would turn into an answer."""

    seed: int
    steps: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    cut: int = 0
    seconds: float = 0
    faults: Counter[str] = field(default_factory=Counter)
    breaches: dict[str, list[Any]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def broken(self) -> int:
        """How much was broken in all."""
        return sum(map(len, self.breaches.values())) + self.faults.total()


class Storm:
    """One storm over one database, which nobody else uses."""

    def __init__(self, url: str, *, steps: int, threads: int, seed: int, tick: Callable[[], None] = lambda: None) -> None:
        self.url, self.threads, self.tick = url, threads, tick
        self.told = Told(seed)
        self._numbers = iter(range(steps))
        self._pids: dict[int, int] = {}

    def run(self) -> Told:
        """Everything has happened, and been judged."""
        logging.getLogger("psycopg").setLevel(logging.CRITICAL)
        logging.getLogger("dispatch").addFilter(self._hear)
        began, was = time.monotonic(), clock.now()
        make_world(self.url)
        invariants.watch(self.url)
        with ThreadPoolExecutor(self.threads) as pool:
            for future in [pool.submit(self._walk, number) for number in range(self.threads)]:
                future.result()
        self._settle_down()
        self.told.breaches |= invariants.breaches(self.url)
        self.told.seconds = time.monotonic() - began
        self.told.counts = _counts(self.url)
        clock.travel(was - clock.now())
        logging.getLogger("dispatch").removeFilter(self._hear)
        return self.told

    def _hear(self, record: logging.LogRecord) -> bool:
        """What fails after a commit is logged, never raised: it is heard here, unless its connection was cut. Nothing is written."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, DeadlockDetected) or (error and not isinstance(error, OperationalError)):
            self.told.faults[f"after a commit: {error!r}"[:700]] += 1
        return False

    def _walk(self, number: int) -> None:
        world = World(self.url, self.told.seed * 1000 + number)
        steps, weights = list(STEPS), list(itertools.accumulate(STEPS.values()))
        while next(self._numbers, None) is not None:
            if world.chance.random() < KILLED:
                self._kill(world, number)
            [step] = world.chance.choices(steps, cum_weights=weights)
            self._take(step, world, number)
            self.tick()
        world.look.close()
        close_connection()

    def _take(self, step: Callable[[World], None], world: World, number: int) -> None:
        """One step; a refusal is an answer, and a cut connection what was asked for."""
        self.told.steps[step.__name__] += 1
        try:
            self._pids[number] = connection().info.backend_pid
            step(world)
        except (DeadlockDetected, Unavailable):
            self._fault(step)
        except DispatchError as refusal:
            self.told.refusals[refusal.code] += 1
        except OperationalError:
            self.told.cut += 1
        except Exception:
            self._fault(step)

    def _fault(self, step: Callable[[World], None]) -> None:
        last = traceback.format_exc().strip().splitlines()
        self.told.faults[f"{step.__name__}: {' | '.join(last[-6:])[-700:]}"] += 1

    def _kill(self, world: World, own: int) -> None:
        """Another thread's connection is ended at whatever it does just now."""
        others = [pid for number, pid in self._pids.items() if number != own]
        if others:
            time.sleep(world.chance.uniform(0, 0.004))
            world.look.execute("SELECT pg_terminate_backend(%s)", [random.choice(others)])
            self.told.kills += 1

    def _settle_down(self) -> None:
        """What can start is started: after this, what waits waits for a reason, and offering it again starts nothing."""
        with work() as unit:
            spawning.offer_waiting(unit)
        with work() as unit:
            if left := [str(spawn.id) for spawn in spawning.offer_waiting(unit)]:
                self.told.breaches["what could have started and was left waiting"] = left
        close_connection()


def _counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as conn:
        row = conn.execute(
            """
            SELECT (SELECT count(*) FROM spawn), (SELECT count(*) FROM spawn WHERE run_id IS NOT NULL),
                   (SELECT count(*) FROM spawn WHERE run_id IS NOT NULL AND forced_because IS NOT NULL),
                   (SELECT count(*) FROM decision), (SELECT count(DISTINCT day) FROM ledger_rows),
                   (SELECT count(*) FROM ledger_rows WHERE kind = 'correct'), (SELECT count(*) FROM run WHERE outcome = 'lost'),
                   (SELECT count(*) FROM policy), (SELECT count(*) FROM kill_switch), (SELECT sum(seq) FROM feed)
            """
        ).fetchone()
    names = (
        "spawns",
        "runs admitted",
        "of them forced",
        "decisions",
        "days",
        "corrections",
        "lost runs",
        "policies",
        "kill switches",
        "frames",
    )
    return dict(zip(names, map(int, row or ()), strict=True))
