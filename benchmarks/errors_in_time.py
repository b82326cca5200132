"""Errors as they come in time, hour by hour, with the traffic that carries them: for the simulation of verdicts. It knows none itself."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from random import Random

HOURS = 24 * 60
SELECTED_AT = 3  # sightings: then somebody (or an agent) begins to fix it
LONGEST_WAIT = 24 * 30

Traffic = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Shape:
    """How often an error comes each hour, over a rate; and the traffic that logs would show. `make` draws one error's hours."""

    name: str
    make: Callable[[float, Random], tuple[list[float], Traffic]]


@dataclass(frozen=True, slots=True)
class Life:
    """One error: when it was first seen, the hours in which it was until it was fixed (or not), and when it would be seen next.

    Everything in hours since the first sighting. `again_h` None: never, as far as it was followed.
    """

    seen_h: list[int]
    deployed_h: float
    again_h: float | None
    traffic: Traffic


def live(shape: Shape, rate: float, chance: Random) -> Life | None:
    """One error of that shape; None where it was seen too seldom for anybody to begin."""
    intensity, traffic = shape.make(rate, chance)
    counts = [_poisson(each, chance) for each in intensity]
    first = next((hour for hour, count in enumerate(counts) if count), None)
    if first is None:
        return None
    selected = next((hour for hour, total in enumerate(accumulate(counts)) if total >= SELECTED_AT), None)
    if selected is None or selected - first > LONGEST_WAIT:
        return None
    deployed = selected + min(max(chance.lognormvariate(math.log(8), 1.2), 1.0), 24 * 7)
    if deployed + 24 * 15 > len(counts):
        return None
    before = [
        hour - first
        for hour in range(first, int(deployed) + 1)
        if counts[hour] and (hour < int(deployed) or chance.random() < deployed % 1)
    ]
    after = (hour for hour in range(int(deployed), len(counts)) if counts[hour])
    again = next((hour + chance.random() for hour in after if hour > deployed or chance.random() > deployed % 1), None)
    return Life(
        before or [0], deployed - first, None if again is None else max(again, deployed) - first, lambda hour: traffic(hour + first)
    )


def _poisson(mean: float, chance: Random) -> int:
    if mean <= 0:
        return 0
    if mean > 30:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def _with_traffic(traffic: Traffic) -> Callable[[float, Random], tuple[list[float], Traffic]]:
    """The error comes with its traffic, which begins at any hour of the week."""

    def make(rate: float, chance: Random) -> tuple[list[float], Traffic]:
        phase = chance.randrange(24 * 7)
        return [rate * traffic(hour + phase) for hour in range(HOURS)], lambda hour: traffic(hour + phase)

    return make


def _steady(_hour: int) -> float:
    return 1.0


def _daily(hour: int) -> float:
    return max(0.02, 1 + 0.95 * math.cos((hour % 24 - 14) / 12 * math.pi))


def _weekly(hour: int) -> float:
    """Office hours, little at night, hardly anything at weekends."""
    if hour // 24 % 7 >= 5:
        return 0.1
    return 3.0 if 8 <= hour % 24 < 18 else 0.3


def _bursts(on_h: float, off_h: float) -> Callable[[float, Random], tuple[list[float], Traffic]]:
    """It comes for a while, and then not for a long while; the traffic shows nothing of it."""

    def make(rate: float, chance: Random) -> tuple[list[float], Traffic]:
        intensity: list[float] = []
        is_on = True
        while len(intensity) < HOURS:
            length = max(1, round(chance.expovariate(1 / (on_h if is_on else off_h))))
            intensity += [rate * (on_h + off_h) / on_h if is_on else 0.0] * length
            is_on = not is_on
        return intensity[:HOURS], _steady

    return make


def _declining(half_life_h: float) -> Callable[[float, Random], tuple[list[float], Traffic]]:
    def make(rate: float, _chance: Random) -> tuple[list[float], Traffic]:
        return [rate * 6 * 2 ** (-hour / half_life_h) for hour in range(HOURS)], _steady

    return make


def _job(every_h: int) -> Callable[[float, Random], tuple[list[float], Traffic]]:
    """A job that runs once in so many hours, and fails more often than not."""

    def make(rate: float, chance: Random) -> tuple[list[float], Traffic]:
        phase = chance.randrange(every_h)
        return [3 * rate if (hour + phase) % every_h == 0 else 0.0 for hour in range(HOURS)], _steady

    return make


SHAPES = (
    Shape("steady traffic", _with_traffic(_steady)),
    Shape("daily traffic", _with_traffic(_daily)),
    Shape("weekly traffic", _with_traffic(_weekly)),
    Shape("short bursts, one a day", _bursts(2, 24)),
    Shape("bursts every two days", _bursts(6, 48)),
    Shape("long bursts every four days", _bursts(12, 96)),
    Shape("declining, half in two days", _declining(48)),
    Shape("declining, half in five days", _declining(120)),
    Shape("a nightly job", _job(24)),
)
RATES = {
    "one in three days": 1 / 72,
    "one a day": 1 / 24,
    "three a day": 1 / 8,
    "one in two hours": 1 / 2,
    "two an hour": 2,
    "a hundred an hour": 100,
}
