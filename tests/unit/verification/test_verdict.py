"""A verdict is a pure function: silence proves as much as it is unlikely, and nothing that makes it likelier proves more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.errors_in_time import SHAPES
from benchmarks.verification import Tally, simulate
from dispatch.verification import Facts, FixState, verdict
from dispatch.verification.silence import chance_of_silence

DEPLOYED = datetime(2026, 3, 4, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)

histories = st.lists(st.integers(1, 24 * 27), min_size=1, max_size=60, unique=True).map(sorted)


def facts(hours_before: list[int], **more) -> Facts:
    """An error seen in the hours that many hours before the deployment."""
    given = {
        "hours": tuple(DEPLOYED - before * HOUR for before in sorted(hours_before, reverse=True)),
        "deployed_at": DEPLOYED,
        "quiet_since": DEPLOYED,
        "at_most_until": DEPLOYED + timedelta(days=14),
        "window": timedelta(hours=48),
        "traffic_ratio": 1.0,
        "is_firing": False,
        "counting_at": None,
        "seen": 0,
        "ignored": 0,
    }
    return Facts(**(given | more))


def state_after(known: Facts, hours: float) -> FixState:
    return verdict(known, DEPLOYED + hours * HOUR).state


STEADY = list(range(1, 24 * 8, 2))


def test_what_was_steady_for_a_week_and_is_silent_for_two_days_is_verified_with_its_numbers():
    ruling = verdict(facts(STEADY), DEPLOYED + 48 * HOUR)

    assert ruling.state is FixState.VERIFIED
    assert (ruling.numbers.active_hours_before, ruling.numbers.observed_hours_before, ruling.numbers.window_hours) == (95, 191.0, 48.0)
    assert ruling.reason == (
        "It was seen in 96 hours of the 8 days before the deployment, and not in the 48 hours since. "
        "Had nothing changed, that would come about by luck in 0.4 % of cases. Its traffic was 100 % of what it was before."
    )


def test_before_its_window_has_ended_nothing_is_verified():
    assert state_after(facts(STEADY), 47.9) is FixState.WATCHING


@pytest.mark.parametrize("hours", [[], [5], [5, 6]])
def test_what_was_hardly_seen_is_never_verified(hours):
    assert state_after(facts(hours), 48) is FixState.WATCHING
    assert state_after(facts(hours), 24 * 14) is FixState.UNPROVEN


@pytest.mark.parametrize("ratio", [0.0, 0.01])
def test_without_traffic_silence_is_no_proof(ratio):
    ruling = verdict(facts(STEADY, traffic_ratio=ratio), DEPLOYED + timedelta(days=14))

    assert ruling.state is FixState.UNPROVEN
    assert "hardly any traffic" in ruling.reason


def test_where_nobody_knows_the_traffic_a_young_error_is_watched_for_a_whole_week():
    young = list(range(1, 24 * 3))
    known, unknown = facts(young), facts(young, traffic_ratio=None)

    assert (state_after(known, 48), state_after(unknown, 48), state_after(unknown, 24 * 7)) == ("verified", "watching", "verified")
    assert verdict(unknown, DEPLOYED + 48 * HOUR).until == DEPLOYED + timedelta(days=7)


def test_an_error_that_was_silent_before_the_deployment_too_is_not_verified_by_going_on_so():
    burst = [before + 48 for before in range(1, 12)]

    assert state_after(facts(burst), 24 * 13) is not FixState.VERIFIED


def test_it_is_looked_at_again_when_it_can_be_known():
    known = facts(list(range(1, 50, 12)))
    until = verdict(known, DEPLOYED + 48 * HOUR).until

    assert until
    assert until < known.at_most_until
    assert verdict(known, until).state is FixState.VERIFIED


@given(histories, st.floats(0, 24 * 13), st.floats(0, 24))
def test_longer_silence_never_proves_less(hours, quiet, more):
    seen, observed = [hours[-1] - hour for hour in reversed(hours)], float(hours[-1])

    assert chance_of_silence(seen, observed, quiet + more) <= chance_of_silence(seen, observed, quiet) + 1e-9


@given(histories, st.floats(0, 1), st.floats(0, 1), st.integers(48, 24 * 14))
def test_less_traffic_never_proves_more(hours, one, other, after):
    less, more = sorted((one, other))

    def expected(ratio):
        return verdict(facts(hours, traffic_ratio=ratio), DEPLOYED + after * HOUR).numbers.expected

    assert expected(less) <= expected(more)


@given(st.lists(st.integers(1, 100), min_size=30, unique=True).map(sorted), st.integers(48, 24 * 14))
def test_a_verified_one_has_its_figures_no_alert_and_nothing_seen(hours, after):
    known = facts(hours)
    ruling = verdict(known, DEPLOYED + after * HOUR)
    assume(ruling.state is FixState.VERIFIED)

    assert ruling.numbers
    assert ruling.numbers.expected >= ruling.numbers.needed
    assert ruling.numbers.chance_of_luck <= 0.05
    assert verdict(replace(known, is_firing=True), DEPLOYED + after * HOUR).state is not FixState.VERIFIED
    assert verdict(replace(known, counting_at=DEPLOYED + HOUR), DEPLOYED + after * HOUR).state is FixState.FAILED


@given(histories, st.integers(0, 24 * 20), st.booleans(), st.one_of(st.none(), st.floats(0, 3)))
def test_it_ends_and_what_is_watched_on_is_looked_at_later(hours, after, fires, ratio):
    now = DEPLOYED + after * HOUR
    ruling = verdict(facts(hours, is_firing=fires, traffic_ratio=ratio), now)

    assert (ruling.state is FixState.WATCHING) == (ruling.until is not None)
    assert ruling.until is None or now < ruling.until <= DEPLOYED + timedelta(days=14)
    if after >= 24 * 14:
        assert ruling.until is None


RATES = (1 / 24, 1 / 4, 20)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_of_errors_that_are_still_there_at_most_one_in_twenty_is_verified(shape):
    """`benchmarks.verification` does the same with thousands. With half the evidence, or a rule for steady errors alone, bursts fail here."""
    tally = Tally()
    for rate in RATES:
        for knows_traffic in (True, False):
            tally.add(simulate(shape, rate, knows_traffic=knows_traffic, errors=25, seed=7))

    assert tally.false / tally.errors <= 0.05
    assert tally.hours, "and true fixes are"
