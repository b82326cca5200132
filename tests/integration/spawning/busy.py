"""Busy days through the real service: people and errors ask, agents run for a while and end somehow, and the schedule sweeps."""

import random
from datetime import UTC, datetime, time, timedelta
from typing import Any

from dispatch import briefs, customers, issues, plans, runs, spawning
from dispatch.customers import NewCustomer
from dispatch.issues import Issue, IssueChange
from dispatch.kit import clock as kit_clock
from dispatch.kit.errors import DispatchError
from dispatch.kit.work import work
from dispatch.plans import PlanDecision
from dispatch.runs import NewClaim
from dispatch.spawning import Cause, NewSpawn, NewSwitch, PolicyChange, SwitchScope
from tests import doing
from tests.letters import PATCH

STEP = timedelta(minutes=20)
WORKFLOWS = ("prd-investigate", "prd-investigate", "deep-research", "auto-triage", "qa-test", "prd-implement")


class BusyDays:
    """A world that goes on step by step. `is_wild`: the policy moves, kill switches close, gates are forced."""

    def __init__(self, clock: Any, seed: int, *, is_wild: bool) -> None:
        self.clock, self.chance, self.is_wild = clock, random.Random(seed), is_wild
        self.issues: list[Issue] = []
        self.at_work: dict[Any, tuple[datetime, Any]] = {}
        with work() as unit:
            self.customers = [customers.create_customer(unit, NewCustomer(name=name)).slug for name in ("Acme", "Bolt")]

    def live(self, hours: float) -> None:
        """From the next midnight (UTC) on, for so long."""
        midnight = datetime.combine(kit_clock.now().date() + timedelta(days=1), time(), UTC)
        self._travel(midnight - kit_clock.now() + timedelta(seconds=1))
        end = kit_clock.now() + timedelta(hours=hours)
        while kit_clock.now() < end:
            self._step()

    def _step(self) -> None:
        for _ in range(self.chance.choice((0, 1, 1, 2))):
            self._ask()
        if self.chance.random() < 0.15:
            self._decide_a_plan()
        if self.chance.random() < 0.05:
            self._drop_one()
        if self.is_wild and self.chance.random() < 0.2:
            self._be_wild()
        self._begin_what_was_admitted()
        self._until_next_step(kit_clock.now() + STEP)

    def _until_next_step(self, then: datetime) -> None:
        """Runs end when their time has come, each at its own moment."""
        while due := min(((at, run) for run, (at, _) in self.at_work.items() if at <= then), default=None):
            self._travel(due[0] - kit_clock.now())
            self._end(due[1])
            self._begin_what_was_admitted()
        self._travel(then - kit_clock.now())
        with work() as unit:
            spawning.offer_waiting(unit)

    def _ask(self) -> None:
        if not self.issues or self.chance.random() < 0.7:
            self.issues.append(self._issue())
        issue = self.chance.choice(self.issues)
        if self.chance.random() < 0.35:
            self._report_an_error(issue)
            return
        forced = "the demo is tomorrow" if self.is_wild and self.chance.random() < 0.1 else None
        cap = self.chance.choice((None, None, None, 10, 30))
        new = NewSpawn(workflow=self.chance.choice(WORKFLOWS), cap_usd=cap, force_because=forced)
        with work() as unit:
            spawning.request(unit, issue.id, new, actor=doing.ADA)

    def _report_an_error(self, issue: Issue) -> None:
        seen_at = kit_clock.now() - timedelta(minutes=self.chance.choice((1, 30, 200)))
        cause = Cause(
            family=f"family-{self.chance.randrange(12)}",
            source=self.chance.choice(("grafana", "ci-deploy")),
            occurrences=self.chance.choice((1, 3, 5)),
            seen_at=seen_at,
        )
        with work() as unit:
            spawning.request(unit, issue.id, NewSpawn(workflow="auto-investigate"), actor=doing.AGENT, cause=cause)

    def _issue(self) -> Issue:
        priority = self.chance.choice(("P1", "P2", "P3", "P3", "P4"))
        return doing.make_issue(priority=priority, customer=self.chance.choice((None, *self.customers)))

    def _begin_what_was_admitted(self) -> None:
        with work() as unit:
            queued = [run.id for run in runs.list_unfinished(unit) if run.state == "queued"]
        for run_id in queued:
            with work() as unit:
                runs.mark_starting(unit, run_id, 1)
            with work() as unit:
                claim = briefs.claim(unit, run_id, NewClaim(generation=1))
            minutes = 1 + self.chance.lognormvariate(3, 0.8)
            self.at_work[run_id] = (kit_clock.now() + timedelta(minutes=minutes), claim)

    def _end(self, run_id: Any) -> None:
        _, claim = self.at_work.pop(run_id)
        more: dict[str, Any] = {"cost_usd": round(self.chance.lognormvariate(1, 1), 4)}
        if self.chance.random() < (0.5 if self.is_wild else 0.2):
            more |= {"outcome": "failed"}
        elif claim.workflow == "prd-investigate":
            more |= {"plan": doing.PLAN}
        elif claim.workflow in {"prd-implement", "auto-investigate"}:
            more |= {"outcome": "completed", "patch": PATCH, "base_commit": "2" * 40, "head_commit": "1" * 40}
        else:
            more |= {"outcome": "completed"}
        try:
            doing.end(claim, **more)
        except DispatchError:
            return  # it was stopped meanwhile

    def _decide_a_plan(self) -> None:
        with work() as unit:
            waiting = [item for item in spawning.inbox(unit) if item.kind == "plan"]
        if waiting:
            item = self.chance.choice(waiting)
            with work() as unit:
                decision = PlanDecision(action="approve", version=item.ref["plan_version"])
                plans.decide_plan(unit, item.issue.id, decision, actor=doing.ADA)

    def _drop_one(self) -> None:
        """Somebody loses interest: a waiting spawn is withdrawn, or a run cancelled."""
        issue = self.chance.choice(self.issues)
        try:
            with work() as unit:
                run = spawning.cancel_issue_run(unit, issue.id, actor=doing.ADA)
            self.at_work.pop(run.id if run else None, None)
        except DispatchError:
            return  # there was nothing

    def _be_wild(self) -> None:
        with work() as unit:
            match self.chance.randrange(3):
                case 0:
                    now = spawning.get_policy(unit)
                    changes = {self.chance.choice(("max_concurrent_spawns", "daily_spawn_budget_prd")): self.chance.randrange(2, 12)}
                    spawning.change_policy(unit, PolicyChange(version=now.version, limits=changes, because="a try"), actor=doing.ADA)
                case 1:
                    closed = spawning.list_switches(unit, closed=True)
                    if closed:
                        spawning.open_switch(unit, closed[0].id, actor=doing.ADA)
                    else:
                        new = NewSwitch(scope=SwitchScope.WORKFLOW, value=self.chance.choice(WORKFLOWS), reason="something is odd")
                        spawning.close_switch(unit, new, actor=doing.ADA)
                case _:
                    issue = self.chance.choice(self.issues) if self.issues else None
                    if issue and not issues.get_issue(unit, issue.id).running:
                        issues.update_issue(unit, issue.id, IssueChange(status="Done"), actor=doing.ADA)

    def _travel(self, span: timedelta) -> None:
        self.clock.travel(seconds=span.total_seconds())
