"""Verdicts on fixes, simulated: how many are wrong, how many right, and how long they take. Run with `python -m benchmarks.verification`.

Each error lives once: where its fix is one, it is silent from the deployment on; where it is none, it goes on as it was. A verdict of
"verified" is false where it comes although the error is still there. Beside it, the rule that waits 48 hours and closes.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median

from benchmarks.errors_in_time import RATES, SHAPES, Life, Shape, live
from benchmarks.figures import Figure, arguments, percentile, show, tell
from dispatch.verification import Facts, FixState, verdict

EACH = 150  # errors of each shape, rate and knowledge of traffic
MOST_FALSE = 5.0  # percent
WINDOW = timedelta(hours=48)
LONGEST = timedelta(days=14)
DRAIN_H = 10 / 60
DEPLOYED_AT = datetime(2026, 3, 4, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Tally:
    """What came of errors: the hours to each `verified`, and how many were false, by this rule and by waiting 48 hours."""

    errors: int = 0
    false: int = 0
    false_after_48_h: int = 0
    hours: list[float] = field(default_factory=list[float])

    def add(self, other: "Tally") -> None:
        """What came of others is in it too."""
        self.errors += other.errors
        self.false += other.false
        self.false_after_48_h += other.false_after_48_h
        self.hours += other.hours


def simulate(shape: Shape, rate: float, *, knows_traffic: bool, errors: int, seed: int) -> Tally:
    """What came of so many errors of one kind."""
    chance, tally = Random(f"{seed}/{shape.name}/{rate}/{knows_traffic}"), Tally()
    for _ in range(errors):
        life = live(shape, rate, chance)
        if life is not None:
            _count(tally, life, hours_to_verdict(life, knows_traffic=knows_traffic))
    return tally


def hours_to_verdict(life: Life, *, knows_traffic: bool) -> float | None:
    """After how many hours of silence since the deployment the fix is verified, as the schedule would judge it; None: never."""
    now = DEPLOYED_AT + WINDOW
    while True:
        ruling = verdict(_facts(life, now, knows_traffic=knows_traffic), now)
        if ruling.until is None:
            return (now - DEPLOYED_AT) / HOUR if ruling.state is FixState.VERIFIED else None
        now = ruling.until


def _facts(life: Life, now: datetime, *, knows_traffic: bool) -> Facts:
    first = DEPLOYED_AT - life.deployed_h * HOUR
    return Facts(
        hours=tuple(first + hour * HOUR for hour in life.seen_h),
        deployed_at=DEPLOYED_AT,
        quiet_since=DEPLOYED_AT,
        at_most_until=DEPLOYED_AT + LONGEST,
        window=WINDOW,
        traffic_ratio=_traffic_ratio(life, now) if knows_traffic else None,
        is_firing=False,
        counting_at=None,
        seen=0,
        ignored=0,
    )


def _traffic_ratio(life: Life, now: datetime) -> float:
    deployed, since = int(life.deployed_h), max((now - DEPLOYED_AT) // HOUR, 1)
    before = [life.traffic(hour) for hour in range(max(0, deployed - 24 * 28), deployed + 1)]
    after = [life.traffic(hour) for hour in range(deployed, deployed + since)]
    return (sum(after) / len(after)) / (sum(before) / len(before))


def _count(tally: Tally, life: Life, verified_h: float | None) -> None:
    silent_h = float("inf") if life.again_h is None else life.again_h - life.deployed_h - DRAIN_H
    tally.errors += 1
    tally.false_after_48_h += silent_h > WINDOW / HOUR
    if verified_h is not None:
        tally.false += silent_h > verified_h
        tally.hours.append(verified_h)


def measure(*, each: int, seed: int) -> list[Figure]:
    """The figures: by shape, by how often, by whether traffic is known, and in all."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for shape in SHAPES:
        for how_often, rate in RATES.items():
            for knows_traffic in (True, False):
                tally = simulate(shape, rate, knows_traffic=knows_traffic, errors=each, seed=seed)
                for name in (shape.name, how_often, "traffic known" if knows_traffic else "traffic not known", "in all"):
                    tallies[name].add(tally)
        tell(f"  {shape.name}: {tallies[shape.name].errors:,} errors")
    return [figure for name, tally in tallies.items() for figure in _figures(name, tally)]


def _figures(name: str, tally: Tally) -> Sequence[Figure]:
    """What a kind of errors shows; the share of false ones, of all whose fix was none, has its limit."""
    if not tally.errors:
        return []
    times = [
        Figure(f"{name}: time to it, median", median(tally.hours), "h"),
        Figure(f"{name}: time to it, p90", percentile(tally.hours, 0.9), "h"),
    ]
    return [
        Figure(f"{name}: falsely verified", 100 * tally.false / tally.errors, "%", reach=MOST_FALSE),
        Figure(f"{name}: falsely closed after 48 h", 100 * tally.false_after_48_h / tally.errors, "%"),
        Figure(f"{name}: true fixes verified", 100 * len(tally.hours) / tally.errors, "%"),
        *(times if tally.hours else []),
    ]


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    show("verification", measure(each=asked.each, seed=asked.seed), as_json=asked.json)
