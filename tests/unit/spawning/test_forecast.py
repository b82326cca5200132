"""A forecast says how sure it is, and is right as often as it says."""

import random
from decimal import Decimal
from statistics import mean, median

import pytest

from dispatch.spawning import EndedRun, forecast


def past(costs: list[float]) -> list[EndedRun]:
    return [EndedRun(cost_usd=Decimal(str(round(cost, 6))), seconds=cost * 60) for cost in costs]


def skewed(chance: random.Random, count: int) -> list[float]:
    """Costs as agents have them: most small, a few many times dearer. Their median is $2."""
    return [2 * chance.lognormvariate(0, 1) for _ in range(count)]


@pytest.mark.parametrize("count", [10, 37, 120])
def test_nine_in_ten_of_the_next_runs_stay_within_high(count: int) -> None:
    chance = random.Random(count)
    hits = []
    for _ in range(500):
        told = forecast("prd-implement", past(skewed(chance, count)))
        hits.append(skewed(chance, 1)[0] <= float(told.high_usd or 0))

    assert 0.85 <= mean(hits) <= 0.95


@pytest.mark.parametrize("count", [10, 37, 120])
def test_the_true_median_lies_between_as_often_as_it_says(count: int) -> None:
    chance = random.Random(count)
    hits = []
    for _ in range(500):
        low, high = forecast("prd-implement", past(skewed(chance, count))).likely_between or (0, 0)
        hits.append(low <= 2 <= high)

    assert 0.88 <= mean(hits) <= 0.99


def test_likely_is_the_median_of_costs_and_of_times() -> None:
    costs = [1.0, 9.0, 2.0, 8.0, 3.0, 7.0, 4.0, 6.0, 5.0, 100.0, 5.5]

    told = forecast("prd-implement", past(costs))

    assert (told.runs, told.enough, float(told.likely_usd or 0), told.likely_s) == (11, True, median(costs), median(costs) * 60)
    assert (float(told.high_usd or 0), told.high_s) == (100.0, 6000.0)
    assert [float(edge) for edge in told.likely_between or ()] == [3.0, 8.0]
    assert told.sentence == (
        "Likely $5.50 and 6 minutes; nine in ten stay within $100.00 and 100 minutes. "
        "From the last 11 runs of implementation: the middle one lies between $3.00 and $8.00 (90 % sure)."
    )


def test_nine_runs_are_not_enough() -> None:
    told = forecast("qa-test", past([1.0] * 9))

    assert told.model_dump(include={"likely_usd", "high_usd", "likely_s", "high_s", "likely_between"}) == {
        "likely_usd": None,
        "high_usd": None,
        "likely_s": None,
        "high_s": None,
        "likely_between": None,
    }
    assert (told.enough, told.sentence) == (False, "What QA will cost is told once 10 such runs have ended by themselves; 9 so far.")


def test_ten_equal_runs_leave_no_doubt() -> None:
    told = forecast("prd-implement", past([3.0] * 10))

    assert (told.likely_usd, told.high_usd, told.likely_between) == (3, 3, (3, 3))
