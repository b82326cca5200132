"""How likely an error stays silent for a while though nothing has changed: from the hours in which it was seen. Pure.

Errors come in bursts, so hours count, not reports; and hours come in bursts too, so silence is looked at on several scales, from an hour
to a week. On each: how often the error was silent for so long before, and how long such silences went on (a Gamma-Poisson prediction, which
knows how few they were). What makes a silence likeliest decides. At the finest scale this is `(T / (T + W)) ** n`.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

SCALES_H = (0, 3, 6, 12, 24, 48, 96, 168)
UNSEEN_SILENCE_H = 72  # an error that never fell silent before may be one that comes back every three days or so
TURN_H = 1.2  # an error that ends by itself within this long of a deployment looks as if the deployment had ended it
NEEDED = 3.0  # sightings to be expected: none of them comes by luck in e**-3 of cases, 5 %


def chance_of_silence(seen_h: Sequence[float], observed_h: float, quiet_h: float) -> float:
    """The chance of `quiet_h` hours without a sighting though nothing has changed.

    `seen_h`: the hours in which it was seen, counted from the first of them; `observed_h`: how many there were until the deployment.
    One hour alone says nothing of how often: 1.
    """
    if len(seen_h) < 2 or quiet_h <= 0:
        return 1.0
    gaps = [later - earlier for earlier, later in pairwise(seen_h)]
    last_h = max(observed_h - seen_h[-1], 0)
    scales = [scale for scale in SCALES_H if scale < quiet_h]
    on_scales = (_at_scale(gaps, last_h, observed_h, quiet_h, scale) for scale in [*scales, quiet_h])
    return min(1.0, max(_for_the_first_time(gaps, last_h, observed_h, quiet_h), *on_scales))


def expected_sightings(chance: float) -> float:
    """How many sightings it is as likely to miss by chance."""
    return abs(math.log(max(chance, 1e-300)))


def quiet_needed(seen_h: Sequence[float], observed_h: float, *, traffic: float, at_most_h: float) -> float | None:
    """How many hours of silence would prove it, at that share of the traffic; None where `at_most_h` would not."""

    def proves(quiet_h: float) -> bool:
        return expected_sightings(chance_of_silence(seen_h, observed_h, quiet_h * traffic)) >= NEEDED

    if not proves(at_most_h):
        return None
    too_short, enough = 0.0, at_most_h
    while enough - too_short > 0.1:
        middle = (too_short + enough) / 2
        too_short, enough = (too_short, middle) if proves(middle) else (middle, enough)
    return enough


def _at_scale(gaps: list[float], last_h: float, observed_h: float, quiet_h: float, scale: float) -> float:
    """The chance at this scale: that it had fallen silent for so long (it has, where `last_h` is that long), and that this goes on."""
    longer = [gap - scale for gap in gaps if gap > scale]
    if not longer:
        return 0.0
    beyond_h = sum(longer) + max(last_h - scale, 0)
    if last_h >= scale:
        return (beyond_h / (beyond_h + quiet_h)) ** len(longer)
    return min(1.0, beyond_h / observed_h) * (beyond_h / (beyond_h + quiet_h - scale)) ** len(longer)


def _for_the_first_time(gaps: list[float], last_h: float, observed_h: float, quiet_h: float) -> float:
    """The chance that it falls silent for longer than it ever was, and about then: it may have begun before the deployment."""
    begun_h = TURN_H + max(last_h - max(gaps), 0)
    typical_h = max(last_h, UNSEEN_SILENCE_H)
    return min(1.0, begun_h / (observed_h + TURN_H)) * typical_h / (typical_h + quiet_h)
