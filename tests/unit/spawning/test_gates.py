"""The gates, one by one: what each says, and that the smallest change it names is the smallest that turns it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dispatch.kit.settings import Limits
from dispatch.spawning.fact_shapes import Cause, Facts, Verdict
from dispatch.spawning.gates import GATES, PACING, decide
from dispatch.spawning.limit_shapes import Breaker, BreakerScope

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
LIMITS = Limits.model_validate({})
FREE = Facts(
    workflow="prd-investigate",
    repository="acme/shop",
    family=None,
    customer=None,
    cause=None,
    forced_because=None,
    queued=False,
    issue="DISPATCH-7",
    issue_open=True,
    unfinished_run=None,
    waiting_spawn=False,
    plan_approved_at=None,
    has_work_to_test=False,
    kill_switch=None,
    breakers=[],
    family_started_at=None,
    running_error=0,
    running_prd=0,
    spawns_today_error=0,
    spawns_today_prd=0,
    reserved_usd=Decimal(),
    settled_usd=Decimal(),
    workflow_usd=Decimal(),
    customer_usd=Decimal(),
    asked_usd=None,
    plan_cap_usd=None,
    waiting_reviews=0,
    held=[],
)
SEEN = Cause(family="checkout", source="grafana", occurrences=3, seen_at=NOW - timedelta(hours=1))
ERROR = {"workflow": "auto-investigate", "cause": SEEN, "family": "checkout"}
IMPLEMENT = {"workflow": "prd-implement", "plan_approved_at": NOW - timedelta(days=1)}


def failed(scope: str, value: str, *, minutes_ago: int = 5, failures: int = 3, probing: bool = False) -> Breaker:
    """A breaker that has seen failures."""
    failed_at = NOW - timedelta(minutes=minutes_ago)
    return Breaker(scope=BreakerScope(scope), value=value, failures=failures, failed_at=failed_at, probing=probing)


@dataclass
class Case:
    """Facts and limits at which one gate speaks, what it says, and what turns it: `turn` does, `not_yet` (one step less) does not."""

    gate: str
    verdict: str
    facts: dict[str, Any]
    reason: str
    would_turn: str
    turn: dict[str, Any]
    not_yet: dict[str, Any] | None = None
    limits: dict[str, Any] = field(default_factory=dict)
    waits_for: str | None = None


def asks(cause: Cause, **change: Any) -> dict[str, Any]:
    """An automatic spawn whose cause differs so."""
    return {**ERROR, "cause": cause.model_copy(update=change)}


# `turn` and `not_yet` change facts by their names, limits by theirs, and the moment as `now`.
CASES = {
    "everything is stopped": Case(
        "kill_switch",
        "refused",
        {"kill_switch": "everything is stopped (we deploy)."},
        "The kill switch is closed: everything is stopped (we deploy).",
        "Open the kill switch.",
        {"kill_switch": None},
    ),
    "everything is stopped, for one that waits already": Case(
        "kill_switch",
        "waits",
        {"kill_switch": "everything is stopped (we deploy).", "queued": True},
        "The kill switch is closed: everything is stopped (we deploy).",
        "Open the kill switch.",
        {"kill_switch": None},
    ),
    "the issue is closed": Case(
        "issue", "refused", {"issue_open": False}, "DISPATCH-7 is closed.", "Move DISPATCH-7 to an open status.", {"issue_open": True}
    ),
    "the issue has a run": Case(
        "issue",
        "refused",
        {"unfinished_run": "qa-test, running"},
        "DISPATCH-7 has an agent already: qa-test, running.",
        "Wait until that run ends, or cancel it.",
        {"unfinished_run": None},
    ),
    "the issue waits": Case(
        "issue",
        "refused",
        {"waiting_spawn": True},
        "DISPATCH-7 waits for an agent already.",
        "Wait for that spawn, or withdraw it.",
        {"waiting_spawn": False},
    ),
    "no plan": Case(
        "precondition",
        "refused",
        {"workflow": "prd-implement"},
        "DISPATCH-7 has no approved plan to implement.",
        "Approve a plan first.",
        {"plan_approved_at": NOW},
    ),
    "an old plan": Case(
        "precondition",
        "refused",
        {"workflow": "prd-implement", "plan_approved_at": NOW - timedelta(days=14, seconds=1)},
        "The plan of DISPATCH-7 was approved more than 14 days ago; the code has moved on since.",
        "Investigate again, and approve the new plan.",
        {"plan_approved_at": NOW},
        {"plan_approved_at": NOW - timedelta(days=14, microseconds=1)},
    ),
    "nothing to test": Case(
        "precondition",
        "refused",
        {"workflow": "qa-test"},
        "DISPATCH-7 has neither a plan nor a branch to test.",
        "Investigate or implement it first.",
        {"has_work_to_test": True},
    ),
    "agents failed at the error": Case(
        "handed_over",
        "refused",
        {**ERROR, "failed_in_a_row": 2},
        "Agents failed at this error 2 times in a row: it is handed over to a person.",
        "Ask for it yourself; a run that ends well takes it back.",
        {"cause": None},
    ),
    "a workflow rests": Case(
        "breaker",
        "waits",
        {"breakers": [failed("workflow", "prd-investigate")]},
        "Investigation runs failed 3 times in a row.",
        "One small run may try after 14:55 on 22 November (UTC), or a person resets the breaker.",
        {"now": NOW + timedelta(minutes=25)},
        {"now": NOW + timedelta(minutes=25, microseconds=-1)},
    ),
    "an error rests": Case(
        "breaker",
        "waits",
        {**ERROR, "breakers": [failed("family", "checkout", failures=4)]},
        "Runs of this error failed 4 times in a row.",
        "One small run may try after 14:55 on 22 November (UTC), or a person resets the breaker.",
        {"breakers": []},
    ),
    "a fix is on its way": Case(
        "fix_under_way",
        "waits",
        {**ERROR, "fix_under_way": "Pull request #7 is open"},
        "Pull request #7 is open.",
        "It starts when that one is closed or does not hold, or when a person asks for it.",
        {"cause": None},
    ),
    "a probe is out": Case(
        "breaker",
        "waits",
        {"breakers": [failed("workflow", "prd-investigate", minutes_ago=40, probing=True)]},
        "Investigation runs failed 3 times in a row. One run tries now.",
        "It starts when that run ends well.",
        {"breakers": []},
    ),
    "the error had a run": Case(
        "cooldown",
        "waits",
        {**ERROR, "family_started_at": NOW - timedelta(hours=20)},
        "This error had a run less than 24 hours ago.",
        "It starts after 18:30 on 22 November (UTC), or when a person asks for it.",
        {"now": NOW + timedelta(hours=4)},
        {"now": NOW + timedelta(hours=4, microseconds=-1)},
    ),
    "the error had a run, and a person asks": Case(
        "cooldown",
        "waits",
        {**ERROR, "family_started_at": NOW - timedelta(minutes=59)},
        "This error had a run less than an hour ago.",
        "It starts after 14:31 on 22 November (UTC), or when a person asks for it.",
        {"cause": None},
        limits={"spawn_cooldown_hours": 1},
    ),
    "seen too seldom": Case(
        "occurrences",
        "waits",
        asks(SEEN, occurrences=1),
        "It was seen once; it takes 3.",
        "It starts when it is seen 2 times more.",
        asks(SEEN, occurrences=3),
        asks(SEEN, occurrences=2),
    ),
    "seen too seldom by one": Case(
        "occurrences",
        "waits",
        asks(SEEN, occurrences=2),
        "It was seen 2 times; it takes 3.",
        "It starts when it is seen once more.",
        asks(SEEN, occurrences=3),
    ),
    "an immediate source never seen": Case(
        "occurrences",
        "waits",
        asks(SEEN, source="migration", occurrences=0),
        "It was seen 0 times; it takes 1.",
        "It starts when it is seen once more.",
        asks(SEEN, source="migration", occurrences=1, seen_at=NOW),
        limits={"spawn_delay_minutes": 10},
    ),
    "seen just now": Case(
        "occurrences",
        "waits",
        asks(SEEN, seen_at=NOW - timedelta(minutes=3)),
        "It may heal by itself yet.",
        "It starts after 14:37 on 22 November (UTC).",
        {"now": NOW + timedelta(minutes=7)},
        {"now": NOW + timedelta(minutes=7, microseconds=-1)},
        limits={"spawn_delay_minutes": 10},
    ),
    "something is being deployed": Case(
        "deployment",
        "waits",
        {**ERROR, "deploying_since": NOW - timedelta(minutes=10)},
        "A deployment is in progress; it may heal.",
        "It starts after 14:50 on 22 November (UTC), or when the deployment ends.",
        {"now": NOW + timedelta(minutes=20)},
        {"now": NOW + timedelta(minutes=20, microseconds=-1)},
    ),
    "the deployment may end before": Case(
        "deployment",
        "waits",
        {**ERROR, "deploying_since": NOW},
        "A deployment is in progress; it may heal.",
        "It starts after 15:00 on 22 November (UTC), or when the deployment ends.",
        {"deploying_since": None},
    ),
    "all places of its kind are taken": Case(
        "concurrency",
        "waits",
        {"running_prd": 5},
        "5 of 5 PRD agents are running.",
        "It starts when one of them ends.",
        {"running_prd": 4},
        waits_for="concurrency:prd",
    ),
    "all places for errors are taken": Case(
        "concurrency",
        "waits",
        {**ERROR, "running_error": 3},
        "3 of 3 error agents are running.",
        "It starts when one of them ends.",
        {"running_error": 2},
        waits_for="concurrency:error",
    ),
    "all places are taken": Case(
        "concurrency",
        "waits",
        {"running_prd": 4, "running_error": 4},
        "8 of 8 agents are running.",
        "It starts when one of them ends.",
        {"running_error": 3},
        waits_for="concurrency",
    ),
    "more run than are allowed by now": Case(
        "concurrency",
        "waits",
        {"running_prd": 4},
        "4 of 2 PRD agents are running.",
        "It starts when 3 of them end.",
        {"running_prd": 1},
        {"running_prd": 2},
        limits={"max_concurrent_spawns_prd": 2},
        waits_for="concurrency:prd",
    ),
    "no place is allowed at all": Case(
        "concurrency",
        "waits",
        {"running_prd": 2},
        "2 of 0 PRD agents are running.",
        "It starts when the limit is raised.",
        {"max_concurrent_spawns_prd": 3},
        {"running_prd": 0},
        limits={"max_concurrent_spawns_prd": 0},
        waits_for="concurrency:prd",
    ),
    "the next place is somebody's": Case(
        "concurrency",
        "waits",
        {"held": ["concurrency"]},
        "The next free place for agents belongs to a spawn ahead in the queue.",
        "It starts when its turn comes.",
        {"held": []},
        waits_for="concurrency",
    ),
    "today's runs of its kind have started": Case(
        "daily_spawns",
        "waits",
        {"spawns_today_prd": 20},
        "20 of 20 PRD runs of today have started.",
        "It starts after 00:00 UTC.",
        {"spawns_today_prd": 0},
        {"spawns_today_error": 9},
        waits_for="daily_spawns:prd",
    ),
    "today's runs have started": Case(
        "daily_spawns",
        "waits",
        {**ERROR, "spawns_today_error": 2, "spawns_today_prd": 4},
        "6 of 6 runs of today have started.",
        "It starts after 00:00 UTC.",
        {"spawns_today_error": 0, "spawns_today_prd": 0},
        limits={"daily_spawn_budget": 6},
        waits_for="daily_spawns",
    ),
    "no runs a day": Case(
        "daily_spawns",
        "waits",
        {},
        "0 of 0 runs of today have started.",
        "It starts when the limit is raised.",
        {"daily_spawn_budget": 1},
        limits={"daily_spawn_budget": 0},
        waits_for="daily_spawns",
    ),
    "more than one run may cost": Case(
        "money",
        "refused",
        {"asked_usd": Decimal("25.01")},
        "It asks for $25.01, and one prd-investigate run may cost $25.00.",
        "Ask with a cap of at most $25.00.",
        {"asked_usd": Decimal(25)},
    ),
    "more than a day has": Case(
        "money",
        "refused",
        {},
        "It needs $25.00 set aside, and a whole day has only $20.01.",
        "Ask with a cap of at most $20.00.",
        {"asked_usd": Decimal(20)},
        {"asked_usd": Decimal("20.01")},
        limits={"daily_cost_limit_usd": Decimal("20.009")},
    ),
    "a day has nothing": Case(
        "money",
        "refused",
        {"asked_usd": Decimal("0.01")},
        "It needs $0.01 set aside, and a whole day has only $0.00.",
        "Ask again when the limit is raised.",
        {"daily_cost_limit_usd": Decimal("0.01")},
        limits={"daily_cost_limit_usd": 0},
    ),
    "today's money": Case(
        "money",
        "waits",
        {"settled_usd": Decimal(100), "reserved_usd": Decimal("75.004")},
        "Today $100.00 is spent and $75.00 reserved; with $25.00 more it would pass $200.00.",
        "It starts when $0.01 is free: a run ends below its cap, or the day does.",
        {"reserved_usd": Decimal(75)},
        {"reserved_usd": Decimal("75.000001")},
        waits_for="money",
    ),
    "today's money of the workflow": Case(
        "money",
        "waits",
        {"workflow_usd": Decimal(10)},
        "Today $10.00 is spent or reserved for prd-investigate; with $25.00 more it would pass $30.00.",
        "It starts when $5.00 is free: a run ends below its cap, or the day does.",
        {"workflow_usd": Decimal(5)},
        {"workflow_usd": Decimal("5.01")},
        limits={"daily_cost_limit_by_workflow": {"prd-investigate": 30}},
        waits_for="money:workflow:prd-investigate",
    ),
    "today's money of the customer": Case(
        "money",
        "waits",
        {"customer": "acme", "customer_usd": Decimal(30)},
        "Today $30.00 is spent or reserved for acme; with $25.00 more it would pass $50.00.",
        "It starts when $5.00 is free: a run ends below its cap, or the day does.",
        {"customer_usd": Decimal(25)},
        {"customer_usd": Decimal("25.01")},
        limits={"daily_cost_limit_per_customer": 10, "daily_cost_limit_by_customer": {"acme": 50}},
        waits_for="money:customer:acme",
    ),
    "the money belongs to somebody": Case(
        "money",
        "waits",
        {"held": ["money"]},
        "The money that is left today belongs to a spawn ahead in the queue.",
        "It starts when its turn comes.",
        {"held": ["money:customer:acme", "money:workflow:qa-test", "daily_spawns"]},
        waits_for="money",
    ),
    "people have enough to review": Case(
        "review_capacity",
        "waits",
        {**ERROR, "waiting_reviews": 4},
        "4 plans and patches wait for people; at 3 nothing starts by itself.",
        "It starts when somebody has decided on 2 of them, or when a person asks for it.",
        {"waiting_reviews": 2},
        {"waiting_reviews": 3},
        limits={"max_waiting_reviews": 3},
    ),
}
ORDER = [
    "kill_switch",
    "issue_is_free",
    "preconditions",
    "handed_over",
    "breaker",
    "fix_under_way",
    "cooldown",
    "occurrences",
    "deployment",
]
ORDER += ["concurrency", "daily_spawns", "money"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_gate_says_what_and_why_and_what_would_turn_it(case: Case) -> None:
    ruling = _decide(case)

    assert (ruling.verdict, ruling.gate, ruling.waits_for) == (case.verdict, case.gate, case.waits_for)
    assert ruling.reason == case.reason
    assert ruling.would_turn == case.would_turn


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_would_turn_a_gate_turns_it(case: Case) -> None:
    assert _decide(case, case.turn).gate != case.gate


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.not_yet], ids=[n for n, case in CASES.items() if case.not_yet])
def test_one_step_less_does_not_turn_it(case: Case) -> None:
    assert _decide(case, case.not_yet).gate == case.gate


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_force_passes_the_pace_and_nothing_else(case: Case) -> None:
    ruling = _decide(case, {"forced_because": "The shop is down."})

    if case.gate in {
        "handed_over",
        "breaker",
        "fix_under_way",
        "cooldown",
        "occurrences",
        "deployment",
        "concurrency",
        "daily_spawns",
        "review_capacity",
    }:
        assert ruling.verdict is Verdict.ADMITTED
        assert ruling.reason.endswith("Forced: The shop is down.")
    else:
        assert ruling == _decide(case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_earlier_gate_speaks_first(case: Case) -> None:
    stopped = _decide(case, {"kill_switch": "everything is stopped (we deploy)."})

    assert stopped.gate == "kill_switch"
    if case.gate != "kill_switch":
        assert _decide(case, {"issue_open": False}).gate == "issue"
    if case.gate not in {"kill_switch", "issue"}:
        value = case.facts.get("workflow", "prd-investigate")
        assert _decide(case, {"breakers": [failed("workflow", value)]}).gate == (
            case.gate if case.gate in {"precondition", "handed_over"} else "breaker"
        )


def test_the_gates_stand_in_their_order() -> None:
    assert [gate.__name__ for gate in GATES] == [*ORDER, "review_capacity"]
    never = {"kill_switch", "issue_is_free", "preconditions", "money"}
    assert {gate.__name__ for gate in PACING} == {*ORDER, "review_capacity"} - never


def test_the_narrowest_purse_speaks_first() -> None:
    limits = LIMITS.model_copy(
        update={"daily_cost_limit_per_customer": Decimal(30), "daily_cost_limit_by_workflow": {"prd-investigate": Decimal(30)}}
    )
    spent = {"customer_usd": Decimal(30), "workflow_usd": Decimal(30), "settled_usd": Decimal(200)}

    ruling = decide(FREE.model_copy(update={"customer": "acme", **spent}), limits, NOW)

    assert ruling.waits_for == "money:customer:acme"


@pytest.mark.parametrize(
    ("facts", "limits", "reserve"),
    [
        ({}, {}, 25),
        ({}, {"max_agent_cost_by_workflow": {"prd-investigate": Decimal(5)}}, 5),
        ({"asked_usd": Decimal(3)}, {}, 3),
        ({**IMPLEMENT, "plan_cap_usd": Decimal(8)}, {}, 8),
        ({**IMPLEMENT, "plan_cap_usd": Decimal(8), "asked_usd": Decimal(2)}, {}, 2),
        ({"plan_cap_usd": Decimal(8)}, {}, 25),
        ({"breakers": [failed("workflow", "prd-investigate", minutes_ago=31)]}, {}, 5),
        ({"breakers": [failed("workflow", "prd-investigate", minutes_ago=31)], "asked_usd": Decimal(2)}, {}, 2),
        ({"breakers": [failed("workflow", "prd-investigate")], "forced_because": "Now."}, {}, 5),
        ({"breakers": [failed("workflow", "prd-investigate", failures=2)]}, {}, 25),
    ],
)
def test_what_is_set_aside(facts: dict[str, Any], limits: dict[str, Any], reserve: int) -> None:
    ruling = decide(FREE.model_copy(update=facts), LIMITS.model_copy(update=limits), NOW)

    assert (ruling.verdict, ruling.reserve_usd) == (Verdict.ADMITTED, reserve)


@pytest.mark.parametrize(
    ("limits", "facts"),
    [
        ({"max_waiting_reviews": 0}, {**ERROR, "waiting_reviews": 1000}),
        ({"breaker_failures": 0}, {"breakers": [failed("workflow", "prd-investigate", failures=99)]}),
        ({"plan_approval_days": 0}, {"workflow": "prd-implement", "plan_approved_at": NOW - timedelta(days=3650)}),
        ({"spawn_cooldown_hours": 0}, {**ERROR, "family_started_at": NOW}),
        ({"min_event_count_to_spawn": 0}, asks(SEEN, occurrences=0)),
        ({"daily_spawn_budget": None}, {"spawns_today_error": 1000}),
    ],
)
def test_what_is_off_at_zero_or_unset_holds_nobody(limits: dict[str, Any], facts: dict[str, Any]) -> None:
    assert decide(FREE.model_copy(update=facts), LIMITS.model_copy(update=limits), NOW).verdict is Verdict.ADMITTED


def test_a_plan_stands_to_the_end_of_its_last_day() -> None:
    approved = FREE.model_copy(update={"workflow": "prd-implement", "plan_approved_at": NOW - timedelta(days=14)})

    assert decide(approved, LIMITS, NOW).verdict is Verdict.ADMITTED


@pytest.mark.parametrize("limit", ["max_concurrent_spawns", "max_concurrent_spawns_prd", "daily_spawn_budget", "daily_spawn_budget_prd"])
def test_what_is_none_at_zero_lets_nobody_through(limit: str) -> None:
    assert decide(FREE, LIMITS.model_copy(update={limit: 0}), NOW).verdict is Verdict.WAITS


def _decide(case: Case, change: dict[str, Any] | None = None) -> Any:
    given = {**case.facts, **(change or {})}
    limits = {**case.limits, **{name: value for name, value in given.items() if name in Limits.model_fields}}
    facts = {name: value for name, value in given.items() if name in Facts.model_fields}
    return decide(
        Facts.model_validate({**FREE.model_dump(), **facts}),
        Limits.model_validate({**LIMITS.model_dump(), **limits}),
        given.get("now", NOW),
    )
