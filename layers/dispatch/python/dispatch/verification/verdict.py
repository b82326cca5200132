"""Whether an error is gone: a pure function of what is known and the moment. Silence alone proves nothing; how likely it was does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.verification.shapes import FixState, Numbers
from dispatch.verification.silence import NEEDED, chance_of_silence, expected_sightings, quiet_needed

WEEK = timedelta(days=7)
LONGEST = timedelta(days=14)
LOOKED_BACK = timedelta(days=28)  # an older rate is another program's
LOOK_AGAIN = timedelta(hours=6)  # while an alert still fires


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verdict rests on.

    `hours`: the hours before the deployment in which it was seen, oldest first. `quiet_since`: nothing was seen since then, not even what
    does not count. `window`: how long it is watched at least. `traffic_ratio` None: nobody knows. `counting_at`: a sighting that counts.
    """

    hours: tuple[datetime, ...]
    deployed_at: datetime
    quiet_since: datetime
    at_most_until: datetime
    window: timedelta
    traffic_ratio: float | None
    is_firing: bool
    counting_at: datetime | None
    seen: int
    ignored: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the facts say: `until` is when they are looked at next, where the state is watching."""

    state: FixState
    numbers: Numbers | None
    reason: str
    until: datetime | None = None


def verdict(facts: Facts, now: datetime) -> Ruling:
    """Failed by a sighting that counts; verified where silence is unlikely enough; watched on while it may still be; else unproven."""
    numbers = _numbers(facts, now)
    if facts.counting_at:
        return Ruling(FixState.FAILED, numbers, f"It was seen again {_length(facts.counting_at - facts.deployed_at)} after the deployment.")
    if facts.is_firing:
        return _watch(facts, now, numbers, now + LOOK_AGAIN, "An alert about it still fires.")
    if now >= facts.deployed_at + facts.window and now - facts.quiet_since >= _shortest(facts) and numbers.expected >= NEEDED:
        return Ruling(FixState.VERIFIED, numbers, f"{_silence(numbers)} {_traffic(facts)}")
    knowable = _knowable_at(facts)
    if knowable is None or knowable > facts.at_most_until:
        return _watch(facts, now, numbers, facts.at_most_until, f"{_silence(numbers)} {_never(facts)}")
    return _watch(facts, now, numbers, max(knowable, now + timedelta(minutes=1)), f"{_silence(numbers)} {_traffic(facts)}")


def _watch(facts: Facts, now: datetime, numbers: Numbers, until: datetime, why: str) -> Ruling:
    if now >= facts.at_most_until:
        return Ruling(FixState.UNPROVEN, numbers, f"Nobody can say whether it is fixed. {why}")
    return Ruling(FixState.WATCHING, numbers, why, until=min(until, facts.at_most_until))


def _numbers(facts: Facts, now: datetime) -> Numbers:
    seen_h, observed_h = _observed(facts)
    quiet_h = max((now - facts.quiet_since) / timedelta(hours=1), 0)
    chance = chance_of_silence(seen_h, observed_h, quiet_h * _exposure(facts))
    return Numbers(
        active_hours_before=max(len(seen_h) - 1, 0),
        observed_hours_before=round(observed_h, 1),
        window_hours=round(quiet_h, 1),
        traffic_ratio=None if facts.traffic_ratio is None else round(facts.traffic_ratio, 3),
        expected=round(expected_sightings(chance), 2),
        needed=NEEDED,
        chance_of_luck=round(chance, 4),
        seen=facts.seen,
        ignored=facts.ignored,
    )


def _observed(facts: Facts) -> tuple[list[float], float]:
    """The hours in which it was seen, from the first that is looked back to; and how many there were."""
    hours = [hour for hour in facts.hours if facts.deployed_at - LOOKED_BACK <= hour < facts.deployed_at]
    if not hours:
        return [], 0.0
    return [(hour - hours[0]) / timedelta(hours=1) for hour in hours], (facts.deployed_at - hours[0]) / timedelta(hours=1)


def _exposure(facts: Facts) -> float:
    """What an hour since counts, in hours before. More traffic counts no more than as much: not every error comes with traffic."""
    return 1.0 if facts.traffic_ratio is None else min(facts.traffic_ratio, 1.0)


def _shortest(facts: Facts) -> timedelta:
    """Without logs nobody knows how traffic goes: an error younger than a week has not shown its week yet, and is watched for one."""
    _, observed_h = _observed(facts)
    return WEEK if facts.traffic_ratio is None and timedelta(hours=observed_h) < WEEK else timedelta()


def _knowable_at(facts: Facts) -> datetime | None:
    """When silence until then would prove it; None where it would not in two weeks."""
    seen_h, observed_h = _observed(facts)
    needed_h = quiet_needed(seen_h, observed_h, traffic=_exposure(facts), at_most_h=LONGEST / timedelta(hours=1))
    if needed_h is None:
        return None
    return max(facts.quiet_since + max(timedelta(hours=needed_h), _shortest(facts)), facts.deployed_at + facts.window)


def _silence(numbers: Numbers) -> str:
    hours, of = numbers.active_hours_before + 1, numbers.observed_hours_before
    quiet = _length(timedelta(hours=numbers.window_hours))
    if numbers.active_hours_before == 0:
        return f"It was seen in {hours if of else 'no'} hour before the deployment: how often it comes is not known."
    before = f"It was seen in {hours} hours of the {_length(timedelta(hours=of))} before the deployment, and not in the {quiet} since."
    return f"{before} Had nothing changed, that would come about by luck in {_percent(numbers.chance_of_luck)} of cases."


def _traffic(facts: Facts) -> str:
    if facts.traffic_ratio is None:
        return "Its traffic is not known, and held to be as before."
    return f"Its traffic was {_percent(facts.traffic_ratio)} of what it was before."


def _never(facts: Facts) -> str:
    if facts.traffic_ratio is not None and facts.traffic_ratio < 0.05:
        return "There is hardly any traffic."
    return "Even two weeks of silence would not prove it." if _knowable_at(facts) is None else "There is not time enough left."


def _percent(part: float) -> str:
    percent = part * 100
    return "less than 0.1 %" if percent < 0.1 else f"{percent:.1f} %" if percent < 10 else f"{percent:.0f} %"


def _length(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    if hours < 1:
        return f"{max(int(hours * 60), 0)} minutes"
    return f"{hours:.0f} hour{'' if round(hours) == 1 else 's'}" if hours < 72 else f"{hours / 24:.0f} days"
