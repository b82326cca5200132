"""What holds of the gates whatever the facts and limits are."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from dispatch.kit.settings import Limits
from dispatch.runs import WORKFLOWS, Bucket, workflow_named
from dispatch.spawning.fact_shapes import Cause, Facts, Ruling, Verdict
from dispatch.spawning.gates import decide
from dispatch.spawning.limit_shapes import Breaker, BreakerScope

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
MOST = {"max_examples": 150, "deadline": None, "suppress_health_check": [HealthCheck.too_slow], "derandomize": True}
RESOURCES = ["concurrency", "concurrency:error", "concurrency:prd", "daily_spawns", "daily_spawns:prd", "daily_spawns:error", "money"]
ROOM = (
    "max_concurrent_spawns",
    "max_concurrent_spawns_error",
    "max_concurrent_spawns_prd",
    "daily_spawn_budget_error",
    "daily_spawn_budget_prd",
)

few = st.integers(0, 6)
usd = st.decimals(0, 60, places=3)
cap = st.decimals("0.01", 40, places=2)
moment = st.integers(-2000, 2000).map(lambda minutes: NOW + timedelta(minutes=minutes))
cause = st.builds(Cause, family=st.just("checkout"), source=st.sampled_from(["grafana", "migration"]), occurrences=few, seen_at=moment)
breaker = st.builds(
    Breaker, scope=st.just(BreakerScope.FAMILY), value=st.just("checkout"), failures=few, failed_at=moment, probing=st.booleans()
)
seldom = st.sampled_from([True, False, False, False, False, False])
facts = st.builds(
    Facts,
    workflow=st.sampled_from(list(WORKFLOWS)),
    repository=st.just("acme/shop"),
    family=st.just("checkout"),
    customer=st.sampled_from([None, "acme"]),
    cause=st.none() | cause,
    forced_because=st.sampled_from([None, None, "Now."]),
    queued=st.booleans(),
    issue=st.just("DISPATCH-7"),
    issue_open=seldom.map(lambda closed: not closed),
    unfinished_run=seldom.map(lambda yes: "qa-test, running" if yes else None),
    waiting_spawn=seldom,
    plan_approved_at=st.none() | moment.map(lambda at: min(at, NOW)),
    has_work_to_test=st.booleans(),
    kill_switch=seldom.map(lambda yes: "everything is stopped (a deploy)." if yes else None),
    breakers=st.lists(breaker, max_size=1),
    family_started_at=st.none() | moment,
    running_error=few,
    running_prd=few,
    spawns_today_error=few,
    spawns_today_prd=few,
    reserved_usd=usd,
    settled_usd=usd,
    workflow_usd=usd,
    customer_usd=usd,
    asked_usd=st.none() | cap,
    plan_cap_usd=st.none() | cap,
    waiting_reviews=few,
    held=st.lists(st.sampled_from(RESOURCES), max_size=1),
    deploying_since=st.none() | moment,
    failed_in_a_row=seldom.map(lambda yes: 2 if yes else None),
    fix_under_way=seldom.map(lambda yes: "Pull request #7 is open" if yes else None),
)
limits = st.builds(
    Limits,
    max_concurrent_spawns=st.integers(0, 12),
    max_concurrent_spawns_error=few,
    max_concurrent_spawns_prd=few,
    daily_spawn_budget=st.none() | st.integers(0, 12),
    daily_spawn_budget_error=few,
    daily_spawn_budget_prd=few,
    daily_cost_limit_usd=st.decimals(0, 200, places=3),
    daily_cost_limit_by_workflow=st.dictionaries(st.sampled_from(list(WORKFLOWS)), usd, max_size=2),
    daily_cost_limit_per_customer=st.none() | usd,
    max_agent_cost_per_run=cap,
    spawn_cooldown_hours=st.integers(0, 24),
    min_event_count_to_spawn=few,
    spawn_delay_minutes=st.integers(0, 60),
    max_waiting_reviews=few,
    plan_approval_days=st.integers(0, 3),
    breaker_failures=few,
    breaker_minutes=st.integers(0, 600),
    breaker_probe_usd=cap,
)


@given(facts, limits)
@settings(**MOST)
def test_doing_what_would_turn_a_gate_leads_through_it(known: Facts, allowed: Limits) -> None:
    """Each change is the one that the sentence names, and no other; a gate with several limits may name one after the other."""
    *_, gates = _lead_through(known, allowed)

    event(" then ".join(gates[:2]))


@given(
    facts, limits, st.sampled_from([*ROOM, "daily_spawn_budget", "daily_cost_limit_usd", "daily_cost_limit_per_customer", "workflow"]), few
)
@settings(**MOST)
def test_more_room_never_keeps_out_who_was_let_in(known: Facts, allowed: Limits, name: str, more: int) -> None:
    known, allowed, now, _ = _lead_through(known, allowed)
    if name == "workflow":
        change: Any = {"daily_cost_limit_by_workflow": {of: limit + more for of, limit in allowed.daily_cost_limit_by_workflow.items()}}
    else:
        held = getattr(allowed, name)
        change = {name: None if held is None else held + more}

    assert decide(known, allowed.model_copy(update=change), now).verdict is Verdict.ADMITTED


@given(facts, limits, st.sampled_from(["spawn_cooldown_hours", "min_event_count_to_spawn", "spawn_delay_minutes", "breaker_minutes"]), few)
@settings(**MOST)
def test_less_patience_never_keeps_out_who_was_let_in(known: Facts, allowed: Limits, name: str, less: int) -> None:
    known, allowed, now, _ = _lead_through(known, allowed)

    assert decide(known, allowed.model_copy(update={name: max(0, getattr(allowed, name) - less)}), now).verdict is Verdict.ADMITTED


@given(facts, limits)
@settings(**MOST)
def test_nothing_passes_any_limit_unless_forced(known: Facts, allowed: Limits) -> None:
    """Said without the gates: after it is admitted, what is counted is at most what is allowed."""
    known, allowed, now, _ = _lead_through(known, allowed)
    ruling = decide(known, allowed, now)

    assert not known.kill_switch
    assert known.issue_open
    assert known.settled_usd + known.reserved_usd + ruling.reserve_usd <= allowed.daily_cost_limit_usd
    assert known.workflow_usd + ruling.reserve_usd <= allowed.daily_cost_limit_by_workflow.get(known.workflow, Decimal(10_000))
    assert ruling.reserve_usd <= allowed.max_agent_cost_per_run
    if known.forced_because is None:
        error = workflow_named(known.workflow).bucket is Bucket.ERROR
        assert (known.running_error if error else known.running_prd) < getattr(
            allowed, f"max_concurrent_spawns_{'error' if error else 'prd'}"
        )
        assert known.running_error + known.running_prd < allowed.max_concurrent_spawns
        assert known.spawns_today_error + known.spawns_today_prd < (allowed.daily_spawn_budget or 10_000)


@given(facts, limits)
@settings(**MOST)
def test_the_same_facts_always_give_the_same_ruling(known: Facts, allowed: Limits) -> None:
    again = decide(Facts.model_validate_json(known.model_dump_json()), Limits.model_validate_json(allowed.model_dump_json()), NOW)

    assert again == decide(known, allowed, NOW)


def _lead_through(known: Facts, allowed: Limits) -> tuple[Facts, Limits, datetime, list[str]]:
    """Facts, limits and a moment at which it is admitted, reached by doing what each gate says; and the gates that spoke."""
    now, gates = NOW, []
    while (ruling := decide(known, allowed, now)).gate:
        gates.append(ruling.gate)
        before = (known, allowed, now)
        known, allowed, now = _do(ruling, known, allowed, now)
        assert decide(known, allowed, now) != ruling, f"{ruling.would_turn} does not turn: {ruling.reason} {before}"
        assert len(gates) < 30, gates
    return known, allowed, now, gates


def _do(ruling: Ruling, known: Facts, allowed: Limits, now: datetime) -> tuple[Facts, Limits, datetime]:
    """What the sentence says, done to the letter."""
    say = ruling.would_turn or ""
    change: dict[str, Any] = {}
    for pattern, act in TURNS:
        if found := re.fullmatch(pattern, say):
            change = act(found, known, allowed, ruling)
            break
    else:
        raise AssertionError(f"nobody can do this: {say}")
    now = change.pop("now", now)
    raised = {name: change.pop(name) for name in list(change) if name in Limits.model_fields}
    return known.model_copy(update=change), allowed.model_copy(update=raised), now


def _end(found: re.Match[str], known: Facts, allowed: Limits, ruling: Ruling) -> dict[str, Any]:
    """So many of the agents that were counted end."""
    few = 1 if found[1] == "one" else int(found[1])
    of = {"concurrency:error": ["running_error"], "concurrency:prd": ["running_prd"]}.get(
        ruling.waits_for or "", ["running_error", "running_prd"]
    )
    change = {}
    for name in of:
        ended = min(few, getattr(known, name))
        change[name], few = getattr(known, name) - ended, few - ended
    return change


def _free(found: re.Match[str], known: Facts, allowed: Limits, ruling: Ruling) -> dict[str, Any]:
    """So much of the money that was counted is free again."""
    less = Decimal(found[1])
    if ruling.waits_for != "money":
        name = "customer_usd" if "customer" in (ruling.waits_for or "") else "workflow_usd"
        return {name: max(Decimal(), getattr(known, name) - less)}
    ended = min(less, known.reserved_usd)
    return {"reserved_usd": known.reserved_usd - ended, "settled_usd": max(Decimal(), known.settled_usd - (less - ended))}


def _raise(found: re.Match[str], known: Facts, allowed: Limits, ruling: Ruling) -> dict[str, Any]:
    """Every limit of the gate is raised."""
    if ruling.gate == "money":
        return {"daily_cost_limit_usd": Decimal(500), "daily_cost_limit_by_workflow": {}, "daily_cost_limit_per_customer": None}
    names = [name for name in ROOM if name.startswith("max_concurrent" if ruling.gate == "concurrency" else "daily_spawn")]
    return {"daily_spawn_budget": None, **dict.fromkeys(names, 100)}


def _clock(found: re.Match[str]) -> dict[str, Any]:
    """A minute later than was said: a sentence has no seconds."""
    at = datetime.strptime(f"{found[1]} 2026", "%H:%M on %d %B %Y").replace(tzinfo=UTC)
    return {"now": at + timedelta(minutes=1)}


TURNS: list[tuple[str, Any]] = [
    (r"Open the kill switch\.", lambda *_: {"kill_switch": None}),
    (r"Move DISPATCH-7 to an open status\.", lambda *_: {"issue_open": True}),
    (r"Wait until that run ends, or cancel it\.", lambda *_: {"unfinished_run": None}),
    (r"Wait for that spawn, or withdraw it\.", lambda *_: {"waiting_spawn": False}),
    (r"Approve a plan first\.|Investigate again, and approve the new plan\.", lambda *_: {"plan_approved_at": NOW + timedelta(days=2)}),
    (r"Investigate or implement it first\.", lambda *_: {"has_work_to_test": True}),
    (r"One small run may try after (.*) \(UTC\), or a person resets the breaker\.", lambda found, *_: _clock(found)),
    (r"Ask for it yourself; a run that ends well takes it back\.", lambda *_: {"cause": None}),
    (r"It starts when that one is closed or does not hold, or when a person asks for it\.", lambda *_: {"fix_under_way": None}),
    (r"It starts when that run ends well\.", lambda *_: {"breakers": []}),
    (r"It starts after (.*) \(UTC\)(?:, or when a person asks for it|, or when the deployment ends)?\.", lambda found, *_: _clock(found)),
    (r"It starts when it is seen once more\.", lambda _, known, *__: {"cause": _seen(known, 1)}),
    (r"It starts when it is seen (\d+) times more\.", lambda found, known, *_: {"cause": _seen(known, int(found[1]))}),
    (r"It starts when (one|\d+) of them ends?\.", _end),
    (r"It starts when its turn comes\.", lambda *_: {"held": []}),
    (r"It starts after 00:00 UTC\.", lambda *_: {"spawns_today_error": 0, "spawns_today_prd": 0}),
    (r"Ask with a cap of at most \$([\d.]+)\.", lambda found, *_: {"asked_usd": Decimal(found[1])}),
    (r"It starts when \$([\d.]+) is free: a run ends below its cap, or the day does\.", _free),
    (r"It starts when the limit is raised\.|Ask again when the limit is raised\.", _raise),
    (
        r"It starts when somebody has decided on (one|\d+) of them, or when a person asks for it\.",
        lambda found, known, *_: {"waiting_reviews": known.waiting_reviews - (1 if found[1] == "one" else int(found[1]))},
    ),
]


def _seen(known: Facts, more: int) -> Cause:
    assert known.cause
    return known.cause.model_copy(update={"occurrences": known.cause.occurrences + more})
