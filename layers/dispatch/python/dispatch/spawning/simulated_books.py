"""The books of a simulation: what runs, and what today has seen, kept as sums."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from dispatch.kit.settings import Limits
from dispatch.runs import Bucket, Outcome, workflow_named
from dispatch.spawning.ending import FAILURES
from dispatch.spawning.fact_shapes import Facts
from dispatch.spawning.limit_shapes import Breaker, BreakerScope, SwitchScope
from dispatch.spawning.replay_shapes import PastSpawn, PastSwitch, Typical


@dataclass(frozen=True, slots=True)
class Active:
    """A run that has not ended. `is_cut`: it would cost more than is set aside for it, and ends there."""

    workflow: str
    customer: str | None
    family: str | None
    reserve_usd: Decimal
    cost_usd: Decimal
    is_cut: bool
    started_at: datetime


class SimulatedBooks:
    """What all decisions of a simulation share."""

    def __init__(self, limits: Limits, since: datetime) -> None:
        self.limits, self.since = limits, since
        self.day: date | None = None
        self.active: dict[UUID, Active] = {}
        self.running: Counter[str] = Counter()  # by workflow
        self.families: Counter[str] = Counter()  # runs by family
        self.reserved: defaultdict[str | tuple[str, str], Decimal] = defaultdict(Decimal)
        self.settled: defaultdict[str | tuple[str, str], Decimal] = defaultdict(Decimal)
        self.at_work: Counter[Bucket] = Counter()
        self.today: Counter[Bucket] = Counter()
        self.served: Counter[str | None] = Counter()  # runs by customer
        self.breakers: dict[tuple[BreakerScope, str], Breaker] = {}
        self.family_started: dict[str, datetime] = {}

    def turn_to(self, at: datetime) -> None:
        """A new day begins with nothing spent; what is reserved stays so."""
        if (day := at.astimezone(UTC).date()) != self.day:
            self.day = day
            self.settled.clear()
            self.today.clear()
            self.served.clear()

    def enter(self, spawn_id: UUID, active: Active, *, counts: bool) -> None:
        """The run holds its place and its money; `counts` as one of today's, where it does."""
        self.active[spawn_id] = active
        self.running[active.workflow] += 1
        self.at_work[workflow_named(active.workflow).bucket] += 1
        self._add(self.reserved, active, active.reserve_usd)
        if active.family:
            self.families[active.family] += 1
            self.family_started[active.family] = active.started_at
        if counts:
            self.today[workflow_named(active.workflow).bucket] += 1
            self.served[active.customer] += 1

    def leave(self, spawn_id: UUID) -> Active:
        """The run's place is free, and its money is what it cost."""
        active = self.active.pop(spawn_id)
        self.running[active.workflow] -= 1
        self.at_work[workflow_named(active.workflow).bucket] -= 1
        self._add(self.reserved, active, -active.reserve_usd)
        self._add(self.settled, active, active.cost_usd)
        if active.family:
            self.families[active.family] -= 1
        return active

    def count_failure(self, active: Active, outcome: Outcome | None, at: datetime) -> None:
        """The run's breakers know how it ended; what nobody knows, or a person broke off, tells them nothing."""
        if outcome is None or outcome is Outcome.CANCELLED:
            return
        for scope, value in ((BreakerScope.WORKFLOW, active.workflow), (BreakerScope.FAMILY, active.family)):
            if value is None:
                continue
            known = self.breakers.get((scope, value)) or Breaker(scope=scope, value=value, failures=0, failed_at=at)
            change = {"failures": known.failures + 1, "failed_at": at} if outcome in FAILURES else {"failures": 0}
            self.breakers[scope, value] = known.model_copy(update=change)

    def facts(self, kept: Facts) -> dict[str, Any]:
        """What of the facts is of other runs, as it is here. What was before the period is as it was."""
        return {
            "breakers": self._breakers(kept),
            "family_started_at": self._family_started_at(kept),
            "running_error": self.at_work[Bucket.ERROR],
            "running_prd": self.at_work[Bucket.PRD],
            "spawns_today_error": self.today[Bucket.ERROR],
            "spawns_today_prd": self.today[Bucket.PRD],
            "reserved_usd": self.reserved[""],
            "settled_usd": self.settled[""],
            "workflow_usd": self.reserved["workflow", kept.workflow] + self.settled["workflow", kept.workflow],
            "customer_usd": self.reserved["customer", kept.customer or ""] + self.settled["customer", kept.customer or ""],
        }

    def due(self, gate: str | None, facts: Facts, at: datetime) -> datetime | None:
        """When the gate that said "wait" opens by itself; None where that depends on others."""
        if gate == "cooldown" and (started_at := self._family_started_at(facts)):
            return started_at + timedelta(hours=self.limits.spawn_cooldown_hours)
        if gate == "breaker":
            resting = [one.failed_at + timedelta(minutes=self.limits.breaker_minutes) for one in self._breakers(facts)]
            return max((until for until in resting if until > at), default=None)
        if gate == "occurrences" and facts.cause:
            until = facts.cause.seen_at + timedelta(minutes=self.limits.spawn_delay_minutes)
            return until if until > at else None
        return None

    def _breakers(self, kept: Facts) -> list[Breaker]:
        for breaker in kept.breakers:
            if breaker.failed_at < self.since:
                self.breakers.setdefault((breaker.scope, breaker.value), breaker)
        names = ((BreakerScope.WORKFLOW, kept.workflow), (BreakerScope.FAMILY, kept.family))
        mine = [breaker for scope, value in names if value and (breaker := self.breakers.get((scope, value))) and breaker.failures]
        return [breaker.model_copy(update={"probing": self._is_probing(breaker)}) for breaker in mine]

    def _is_probing(self, breaker: Breaker) -> bool:
        return (self.running if breaker.scope is BreakerScope.WORKFLOW else self.families)[breaker.value] > 0

    def _family_started_at(self, kept: Facts) -> datetime | None:
        before = kept.family_started_at
        known = before if before and before < self.since else None
        return self.family_started.get(kept.family, known) if kept.family else known

    @staticmethod
    def _add(sums: defaultdict[str | tuple[str, str], Decimal], active: Active, amount: Decimal) -> None:
        sums[""] += amount
        sums["workflow", active.workflow] += amount
        if active.customer:
            sums["customer", active.customer] += amount


def stopped_by(switches: list[PastSwitch], facts: Facts, at: datetime) -> PastSwitch | None:
    """The kill switch that was closed at that moment and concerns this."""
    mine = {
        SwitchScope.EVERYTHING: "",
        SwitchScope.WORKFLOW: facts.workflow,
        SwitchScope.REPOSITORY: facts.repository,
        SwitchScope.FAMILY: facts.family,
    }
    for switch in switches:
        if switch.closed_at <= at and (switch.opened_at is None or at < switch.opened_at) and mine[switch.scope] == switch.value:
            return switch
    return None


def course_of(spawn: PastSpawn, typical: Typical, *, until: datetime) -> Typical:
    """How long its run lasts and what it costs. One that still runs lasts beyond the period, if it begins when it did."""
    if spawn.admitted_at is None:
        return typical
    if spawn.lasted_s is None:
        return Typical(lasts_s=max(typical.lasts_s, (until - spawn.admitted_at).total_seconds() + 1), cost_usd=typical.cost_usd)
    return Typical(lasts_s=spawn.lasted_s, cost_usd=spawn.cost_usd)
