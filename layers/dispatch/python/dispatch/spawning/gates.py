"""The gates, in order, as one pure function of the facts and the limits. The first that speaks decides."""

from collections.abc import Callable
from decimal import Decimal

from dispatch.runs import Bucket, workflow_named
from dispatch.spawning.shapes import Facts, Limits, Ruling, Verdict

Gate = Callable[[Facts, Limits], Ruling | None]


def decide(facts: Facts, limits: Limits) -> Ruling:
    """Admitted, waits or refused, with the reason in a sentence. The same facts and limits always give the same ruling."""
    for gate in GATES:
        if ruling := gate(facts, limits):
            return ruling
    return Ruling(
        verdict=Verdict.ADMITTED, reason=f"Every gate is open for {workflow_named(facts.workflow).title.lower()} of {facts.issue}."
    )


def kill_switch(facts: Facts, _limits: Limits) -> Ruling | None:
    """Gate 1: somebody stopped everything."""
    if facts.kill_switch:
        return _refused("kill_switch", "The kill switch is closed: nothing starts.", "Open the kill switch.")
    return None


def issue_is_free(facts: Facts, _limits: Limits) -> Ruling | None:
    """Gate 2: the issue is open, and no other run of it is unfinished or waiting."""
    if not facts.issue_open:
        return _refused("issue", f"{facts.issue} is closed.", f"Move {facts.issue} to an open status.")
    if facts.unfinished_run:
        return _refused("issue", f"{facts.issue} has an agent already: {facts.unfinished_run}.", "Wait until that run ends, or cancel it.")
    if facts.waiting_spawn:
        return _refused("issue", f"{facts.issue} waits for an agent already.", "Wait for that spawn, or withdraw it.")
    return None


def preconditions(facts: Facts, _limits: Limits) -> Ruling | None:
    """Gate 3: what the workflow needs to begin with."""
    if facts.workflow == "prd-implement" and not facts.plan_approved:
        return _refused("precondition", f"{facts.issue} has no approved plan to implement.", "Approve a plan first.")
    if facts.workflow == "qa-test" and not facts.has_work_to_test:
        return _refused("precondition", f"{facts.issue} has neither a plan nor a branch to test.", "Investigate or implement it first.")
    return None


def concurrency(facts: Facts, limits: Limits) -> Ruling | None:
    """Gate 6: how many agents may run at once, of this family and in all."""
    error = workflow_named(facts.workflow).bucket is Bucket.ERROR
    running = facts.running_error if error else facts.running_prd
    allowed = limits.max_concurrent_spawns_error if error else limits.max_concurrent_spawns_prd
    family = "error" if error else "PRD"
    if running >= allowed:
        return _waits("concurrency", f"{running} of {allowed} {family} agents are running.", "It starts when one of them ends.")
    everyone = facts.running_error + facts.running_prd
    if everyone >= limits.max_concurrent_spawns:
        return _waits(
            "concurrency", f"{everyone} of {limits.max_concurrent_spawns} agents are running.", "It starts when one of them ends."
        )
    return None


def daily_spawns(facts: Facts, limits: Limits) -> Ruling | None:
    """Gate 7: how many runs a day, of this family and in all."""
    error = workflow_named(facts.workflow).bucket is Bucket.ERROR
    today = facts.spawns_today_error if error else facts.spawns_today_prd
    allowed = limits.daily_spawn_budget_error if error else limits.daily_spawn_budget_prd
    everything = facts.spawns_today_error + facts.spawns_today_prd
    if today >= allowed:
        family = "error" if error else "PRD"
        return _waits("daily_spawns", f"{today} of {allowed} {family} runs of today have started.", "It starts after 00:00 UTC.")
    if limits.daily_spawn_budget is not None and everything >= limits.daily_spawn_budget:
        return _waits(
            "daily_spawns", f"{everything} of {limits.daily_spawn_budget} runs of today have started.", "It starts after 00:00 UTC."
        )
    return None


def money(facts: Facts, limits: Limits) -> Ruling | None:
    """Gate 8: what is reserved, what is settled today, and this run's reserve fit under the day's limit together."""
    would_be = facts.reserved_usd + facts.settled_usd + facts.reserve_usd
    over = would_be - limits.daily_cost_limit_usd
    if over <= 0:
        return None
    if facts.reserve_usd > limits.daily_cost_limit_usd:
        return _refused(
            "money",
            f"It needs {_usd(facts.reserve_usd)} set aside, and a whole day has only {_usd(limits.daily_cost_limit_usd)}.",
            f"Ask with a cap of at most {_usd(limits.daily_cost_limit_usd)}.",
        )
    return _waits(
        "money",
        f"Today {_usd(facts.settled_usd)} is spent and {_usd(facts.reserved_usd)} reserved; with {_usd(facts.reserve_usd)} more it would "
        f"pass {_usd(limits.daily_cost_limit_usd)}.",
        f"It starts when {_usd(over)} is free: a run ends below its cap, or the day does.",
    )


GATES: tuple[Gate, ...] = (kill_switch, issue_is_free, preconditions, concurrency, daily_spawns, money)


def _refused(gate: str, reason: str, would_turn: str) -> Ruling:
    return Ruling(verdict=Verdict.REFUSED, gate=gate, reason=reason, would_turn=would_turn)


def _waits(gate: str, reason: str, would_turn: str) -> Ruling:
    return Ruling(verdict=Verdict.WAITS, gate=gate, reason=reason, would_turn=would_turn)


def _usd(amount: Decimal) -> str:
    return f"${amount:.2f}"
