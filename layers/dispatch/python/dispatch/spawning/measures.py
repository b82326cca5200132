"""What the gates measure: places, days, purses, and what a run sets aside. Pure, like the gates."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from dispatch.kit.settings import Limits
from dispatch.runs import Bucket, workflow_named
from dispatch.spawning.fact_shapes import Cause, Facts
from dispatch.spawning.limit_shapes import Breaker

CENT = Decimal("0.01")


def reserve_usd(facts: Facts, limits: Limits) -> Decimal:
    """What is set aside for the run: the cap asked for, or the usual one; a breaker's probe gets little."""
    asked = facts.asked_usd or _usual_usd(facts, limits)
    return min(asked, limits.breaker_probe_usd) if resting(facts, limits) else asked


def _usual_usd(facts: Facts, limits: Limits) -> Decimal:
    """The approved plan's cap, or the policy's; where the run goes on from one that its limits ended, what that one left."""
    ceiling = ceiling_usd(facts.workflow, limits)
    if facts.left_usd is not None:
        return min(facts.left_usd, ceiling)
    return (facts.plan_cap_usd if facts.workflow == "prd-implement" else None) or ceiling


def ceiling_usd(workflow: str, limits: Limits) -> Decimal:
    """The most that one run of the workflow may cost."""
    return limits.max_agent_cost_by_workflow.get(workflow, limits.max_agent_cost_per_run)


class Count(NamedTuple):
    """Something countable with a limit; `kind` is a word and a space, or nothing."""

    resource: str
    kind: str
    taken: int
    allowed: int


class Purse(NamedTuple):
    """A day's money with a limit, and whose it is."""

    resource: str
    whose: str
    used: Decimal
    told: str
    limit: Decimal


def places(facts: Facts, limits: Limits) -> Iterator[Count]:
    """The agents at once that the facts' workflow counts under: its bucket's, then all."""
    if workflow_named(facts.workflow).bucket is Bucket.ERROR:
        yield Count("concurrency:error", "error ", facts.running_error, limits.max_concurrent_spawns_error)
    else:
        yield Count("concurrency:prd", "PRD ", facts.running_prd, limits.max_concurrent_spawns_prd)
    yield Count("concurrency", "", facts.running_error + facts.running_prd, limits.max_concurrent_spawns)


def days(facts: Facts, limits: Limits) -> Iterator[Count]:
    """The runs a day that the facts' workflow counts under: its bucket's, then all where they are limited."""
    if workflow_named(facts.workflow).bucket is Bucket.ERROR:
        yield Count("daily_spawns:error", "error ", facts.spawns_today_error, limits.daily_spawn_budget_error)
    else:
        yield Count("daily_spawns:prd", "PRD ", facts.spawns_today_prd, limits.daily_spawn_budget_prd)
    if limits.daily_spawn_budget is not None:
        yield Count("daily_spawns", "", facts.spawns_today_error + facts.spawns_today_prd, limits.daily_spawn_budget)


def purses(facts: Facts, limits: Limits) -> Iterator[Purse]:
    """The narrowest first, so that whoever has spent their own share does not hold everybody's."""
    per_customer = limits.daily_cost_limit_by_customer.get(facts.customer or "", limits.daily_cost_limit_per_customer)
    if facts.customer and per_customer is not None:
        told = f"{usd(facts.customer_usd)} is spent or reserved"
        yield Purse(f"money:customer:{facts.customer}", f" for {facts.customer}", facts.customer_usd, told, per_customer)
    if (of_workflow := limits.daily_cost_limit_by_workflow.get(facts.workflow)) is not None:
        told = f"{usd(facts.workflow_usd)} is spent or reserved"
        yield Purse(f"money:workflow:{facts.workflow}", f" for {facts.workflow}", facts.workflow_usd, told, of_workflow)
    told = f"{usd(facts.settled_usd)} is spent and {usd(facts.reserved_usd)} reserved"
    yield Purse("money", "", facts.settled_usd + facts.reserved_usd, told, limits.daily_cost_limit_usd)


def needed_occurrences(cause: Cause, limits: Limits) -> int:
    """How often the error has to be seen before it starts a run by itself."""
    return 1 if cause.source in limits.immediate_spawn_sources else limits.min_event_count_to_spawn


def resting(facts: Facts, limits: Limits) -> list[Breaker]:
    """The breakers that have seen too many failures in a row."""
    return [one for one in facts.breakers if is_open(one, limits)]


def is_open(breaker: Breaker, limits: Limits) -> bool:
    """Whether the breaker lets nothing through but a probe."""
    return bool(limits.breaker_failures) and breaker.failures >= limits.breaker_failures


def tries_at(breaker: Breaker, limits: Limits) -> datetime:
    """When an open breaker lets a probe through."""
    return breaker.failed_at + timedelta(minutes=limits.breaker_minutes)


def usd(amount: Decimal, rounding: str = ROUND_HALF_EVEN) -> str:
    """An amount in dollars and cents."""
    return f"${amount.quantize(CENT, rounding)}"
