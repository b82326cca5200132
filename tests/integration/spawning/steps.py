"""The steps of a storm: each does one thing that the world may do to the limits, on rows chosen by chance."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from threading import RLock
from typing import Any
from uuid import UUID

import psycopg

from dispatch import customers, issues, plans, runs, spawning
from dispatch.customers import NewCustomer
from dispatch.issues import IssueChange, NewIssue
from dispatch.kit import clock
from dispatch.kit.actors import SYSTEM
from dispatch.kit.errors import DispatchError
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work, work
from dispatch.plans import PlanDecision
from dispatch.runs import Heartbeat, NewClaim, NewEvents
from dispatch.spawning import BreakerRef, BreakerScope, Cause, NewSpawn, NewSwitch, PolicyChange, SwitchScope
from tests.doing import ADA, AGENT, PLAN

REPOSITORY = "acme/shop"
WORKFLOWS = (
    "prd-investigate",
    "prd-investigate",
    "prd-implement",
    "qa-test",
    "deep-research",
    "deep-research",
    "auto-triage",
    "auto-investigate",
)
FAMILIES = [f"family-{n}" for n in range(5)]
CUSTOMERS = [f"customer-{n}" for n in range(4)]
STALE_USD = 700_000.0  # no honest run costs as much
LIVE_ISSUES = 60  # as many as the steps go on with; older ones rest

_clock = RLock()


class Undone(Exception):
    """A work that was aborted in its middle."""


class World:
    """What one thread knows: its chances, and a connection of its own to look with."""

    def __init__(self, url: str, seed: int) -> None:
        self.chance = random.Random(seed)
        self.look = psycopg.connect(url, autocommit=True)

    def one(self, query: Any, **given: Any) -> Any:
        """A row by chance, or None: the first of what is found in random order."""
        return self.look.execute(query, given).fetchone()

    def do(self, act: Callable[[Work], Any]) -> Any:
        """The act in a work of its own, as a door does it; one in twelve is aborted after all is done and before it is true."""
        undone = self.chance.random() < 1 / 12
        with suppress(Undone), work() as unit:
            done = act(unit)
            if undone:
                issues.create_issue(unit, NewIssue(title="UNDONE"), actor=ADA)
                raise Undone
            return done

    def issue(self) -> UUID:
        """One of the issues that the storm goes on with, rather one that nobody works on."""
        idle = self.chance.random() < 0.8
        found = self.one(
            """
            SELECT id FROM (SELECT id FROM issue ORDER BY number DESC LIMIT %(most)s) AS live
            ORDER BY %(idle)s AND (EXISTS (SELECT FROM run WHERE issue_id = live.id AND state <> 'finished')
                                   OR EXISTS (SELECT FROM spawn WHERE issue_id = live.id AND state = 'waiting')), random()
            LIMIT 1
            """,
            most=LIVE_ISSUES,
            idle=idle,
        )
        return found[0]

    def run(self, *states: str) -> tuple[UUID, str] | None:
        """An unfinished run in one of these states, with its workflow."""
        return self.one("SELECT id, workflow FROM run WHERE state = ANY(%(states)s) ORDER BY random() LIMIT 1", states=list(states))

    def ended(self) -> tuple[UUID, str] | None:
        """A run that ended lately."""
        return self.one(
            "SELECT id, workflow FROM (SELECT id, workflow FROM run WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT 30) AS ended"
            " ORDER BY random() LIMIT 1"
        )

    def cost(self) -> float | None:
        """What a runner says a run has cost: mostly below its cap, now and then far above, now and then nothing."""
        return self.chance.choice(
            (None, 0.0, *(round(self.chance.uniform(0, 12), 4) for _ in range(5)), round(self.chance.uniform(12, 90), 4))
        )


def make_world(url: str) -> None:
    """There are customers, and issues of theirs and of nobody's."""
    world = World(url, 0)
    with work() as unit:
        for name in CUSTOMERS:
            customers.create_customer(unit, NewCustomer(name=name, slug=name))
        spawning.get_policy(unit)
    for _ in range(LIVE_ISSUES // 2):
        with suppress(DispatchError):
            make_issue(world)
    world.look.close()


def make_issue(world: World) -> None:
    """An issue, of a customer or of nobody."""
    new = NewIssue(title="The total is wrong", priority=world.chance.choice(list(issues.Priority)), customer=_customer(world))
    world.do(lambda unit: issues.create_issue(unit, new, actor=ADA))


def change_issue(world: World) -> None:
    """The issue is more urgent, for somebody else, closed or open again."""
    issue = world.issue()
    change = world.chance.choice(
        (
            IssueChange(priority=world.chance.choice(list(issues.Priority))),
            IssueChange(customer=_customer(world) or ""),
            IssueChange(status=world.chance.choice(("Backlog", "Backlog", "Backlog", "Done"))),
        )
    )
    world.do(lambda unit: issues.update_issue(unit, issue, change, actor=ADA))


def delete_issue(world: World) -> None:
    """An issue is gone with its story; its money is not."""
    issue = world.issue()
    world.do(lambda unit: issues.delete_issue(unit, issue, actor=ADA))


def ask(world: World) -> None:
    """A person asks for a run, now and then by force or with a cap of their own."""
    because = "It cannot wait." if world.chance.random() < 0.15 else None
    cap = round(world.chance.uniform(0.5, 30), 2) if world.chance.random() < 0.4 else None
    new = NewSpawn(workflow=world.chance.choice(WORKFLOWS), cap_usd=cap, force_because=because)
    issue = world.issue()
    world.do(lambda unit: spawning.request(unit, issue, new, actor=ADA))


def ask_for_an_error(world: World) -> None:
    """An error asks for a run by itself."""
    cause = Cause(
        family=world.chance.choice(FAMILIES),
        source=world.chance.choice(("grafana", "sentry", "migration")),
        occurrences=world.chance.choice((1, 2, 3, 3, 5, 9)),
        seen_at=clock.now() - timedelta(minutes=world.chance.choice((-5, 0, 5, 60, 600))),
    )
    new = NewSpawn(workflow=world.chance.choice(("auto-investigate", "auto-investigate", "auto-triage")))
    issue = world.issue()
    world.do(lambda unit: spawning.request(unit, issue, new, actor=SYSTEM, cause=cause))


def start(world: World) -> None:
    """The spawner starts a run; now and then one that needs no start any more, or of another generation."""
    found = world.run("queued", "starting") if world.chance.random() < 0.9 else world.ended()
    generation = 1 if world.chance.random() < 0.9 else 2
    if found:
        world.do(lambda unit: runs.mark_starting(unit, found[0], generation))


def claim(world: World) -> None:
    """A job claims its run; some come twice, too late, or for another generation."""
    found = world.run("starting", "starting", "queued") if world.chance.random() < 0.8 else (world.run("running") or world.ended())
    generation = 1 if world.chance.random() < 0.9 else 2
    if found:
        nonce = world.chance.choice(("", "a", "b"))
        world.do(lambda unit: runs.claim_run(unit, found[0], NewClaim(generation=generation, nonce=nonce)))


def tell_events(world: World) -> None:
    """A runner tells what its agent did: in order, again, and with holes."""
    if found := world.run("running"):
        first = world.chance.randint(1, 12)
        batch = [_event(n, "Reading.", metered_usd=world.chance.uniform(0, 14)) for n in range(first, first + world.chance.randint(1, 3))]
        world.do(lambda unit: runs.record_events(unit, found[0], NewEvents(generation=1, events=batch)))


def tell_stale_events(world: World) -> None:
    """Somebody whose claim does not stand tells events: of another generation, of a run that ended, or of one that has not begun."""
    if early := world.run("queued", "starting") if world.chance.random() < 0.2 else None:
        run_id, generation, batch = early[0], 1, [_event(1, "Too early.")]
    elif ended := world.ended() if world.chance.random() < 0.5 else None:
        run_id, generation, batch = ended[0], 1, [_event(n, "STALE", metered_usd=STALE_USD) for n in (1, 2, 99)]
    elif stale := _stale(world):
        run_id, generation, batch = *stale, [_event(n, "STALE", metered_usd=STALE_USD) for n in (1, 2, 99)]
    else:
        return
    world.do(lambda unit: runs.record_events(unit, run_id, NewEvents(generation=generation, events=batch)))


def beat(world: World) -> None:
    """A runner lives, and has spent more or less than it said before."""
    if found := world.run("running"):
        spent = world.cost()
        world.do(lambda unit: spawning.hear_heartbeat(unit, found[0], Heartbeat(generation=1, metered_usd=spent)))


def beat_late(world: World) -> None:
    """The runner of an ended run beats once more; a cancelled one's cost is taken, nobody else's."""
    if found := world.ended():
        spent, quiet = world.cost(), world.chance.random() < 0.3
        world.do(lambda unit: spawning.hear_heartbeat(unit, found[0], Heartbeat(generation=1, metered_usd=spent, quiet=quiet)))


def hand_in(world: World) -> None:
    """A run ends by its result."""
    if found := world.run("running"):
        result = _result(world, found[1], "Done.")
        world.do(lambda unit: plans.take_result(unit, found[0], result, actor=AGENT))


def hand_in_again(world: World) -> None:
    """A run that ended tells its result once more, the same or another one."""
    if found := world.ended():
        result = _result(world, found[1], "Done after all.")
        world.do(lambda unit: plans.take_result(unit, found[0], result, actor=AGENT))


def hand_in_stale(world: World) -> None:
    """Somebody of another generation hands in or beats."""
    if stale := _stale(world):
        run_id, generation = stale
        result = {**_result(world, "prd-investigate", "STALE"), "generation": generation, "cost_usd": STALE_USD, "report": "STALE"}
        dead = Heartbeat(generation=generation, metered_usd=STALE_USD)
        act = world.chance.choice(
            (
                lambda unit: plans.take_result(unit, run_id, result, actor=AGENT),
                lambda unit: spawning.hear_heartbeat(unit, run_id, dead),
            )
        )
        world.do(act)


def sweep(world: World) -> None:
    """The verifier comes for some minutes, each minute: who was silent for three is lost."""
    with _clock:  # nobody else moves it meanwhile: after a gap the sweep trusts no silence
        for _ in range(world.chance.choice((1, 5))):
            move_clock(timedelta(minutes=1))
            spawning.reap_lost_runs()
    spawning.resend_unstarted()
    offer(world)


def cancel(world: World) -> None:
    """A person cancels a run, or whatever an issue has."""
    if world.chance.random() < 0.5:
        issue = world.issue()
        world.do(lambda unit: spawning.cancel_issue_run(unit, issue, actor=ADA))
    elif found := world.run("queued", "starting", "running"):
        world.do(lambda unit: spawning.cancel_run(unit, found[0], actor=ADA))


def withdraw(world: World) -> None:
    """What waits for an issue is withdrawn."""
    if found := world.one("SELECT issue_id FROM spawn WHERE state = 'waiting' ORDER BY random() LIMIT 1"):
        world.do(lambda unit: spawning.cancel_issue_run(unit, found[0], actor=ADA))


def force(world: World) -> None:
    """What waits for an issue is forced."""
    if found := world.one("SELECT issue_id FROM spawn WHERE state = 'waiting' ORDER BY random() LIMIT 1"):
        world.do(lambda unit: spawning.force(unit, found[0], "It cannot wait.", actor=ADA))


def offer(world: World) -> None:
    """The schedule offers what waits."""
    world.do(spawning.offer_waiting)


def decide_plan(world: World) -> None:
    """A person approves or returns a plan."""
    if found := world.one("SELECT issue_id, version FROM plan WHERE state = 'proposed' ORDER BY random() LIMIT 1"):
        action = world.chance.choice(("approve", "approve", "return"))
        cap = world.chance.choice((None, 3, 20))
        decision = PlanDecision(action=action, version=found[1], feedback="Otherwise.", cap_usd=cap, implement=world.chance.random() < 0.7)
        world.do(lambda unit: plans.decide_plan(unit, found[0], decision, actor=ADA))


def change_policy(world: World) -> None:
    """A person changes a few limits; now and then without having seen the newest version."""
    found = world.one("SELECT max(version) FROM policy")
    version = found[0] - (world.chance.random() < 0.1)
    all_limits = _limits(world)
    limits = {name: all_limits[name] for name in world.chance.sample(sorted(all_limits), 4)}
    change = PolicyChange(version=version, limits=limits, because="To see what happens.")
    world.do(lambda unit: spawning.change_policy(unit, change, actor=ADA))


def close_switch(world: World) -> None:
    """A person stops everything, a workflow, the repository or a family."""
    scope = world.chance.choice(list(SwitchScope))
    value = {
        SwitchScope.EVERYTHING: "",
        SwitchScope.WORKFLOW: world.chance.choice(WORKFLOWS),
        SwitchScope.REPOSITORY: REPOSITORY,
        SwitchScope.FAMILY: world.chance.choice(FAMILIES),
    }[scope]
    world.do(lambda unit: spawning.close_switch(unit, NewSwitch(scope=scope, value=value, reason="To see."), actor=ADA))


def open_switch(world: World) -> None:
    """A person opens a switch again."""
    if found := world.one("SELECT id FROM kill_switch WHERE opened_at IS NULL ORDER BY random() LIMIT 1"):
        world.do(lambda unit: spawning.open_switch(unit, found[0], actor=ADA))


def reset_breaker(world: World) -> None:
    """A person resets a breaker."""
    if found := world.one("SELECT scope, value FROM breaker WHERE failures > 0 ORDER BY random() LIMIT 1"):
        ref = BreakerRef(scope=BreakerScope(found[0]), value=found[1])
        world.do(lambda unit: spawning.reset_breaker(unit, ref))


def jump(world: World) -> None:
    """The clock jumps, mostly forwards."""
    move_clock(timedelta(minutes=world.chance.choice((-30, -2, -1, 1, 10, 40, 90, 300))))


def end_day(world: World) -> None:
    """It is almost midnight (UTC), or midnight has just passed."""
    with _clock:
        at = clock.now()
        midnight = datetime.combine(at.date() + timedelta(days=1), time(), UTC)
        clock.travel(midnight - at + timedelta(milliseconds=world.chance.choice((-150, -30, 0, 500))))


def move_clock(by: timedelta) -> None:
    """It is later by this much, for all threads."""
    with _clock:
        clock.travel(by)


def _customer(world: World) -> str | None:
    return world.chance.choice((None, *CUSTOMERS))


def _event(seq: int, text: str, **usage: float) -> Any:
    kind = "usage" if seq % 3 == 0 else "message"
    return {"seq": seq, "at": clock.now(), "kind": kind, "data": {"text": text, "id": str(new_id()), **usage}}


def _result(world: World, workflow: str, summary: str) -> dict[str, Any]:
    outcome = world.chance.choice(("completed", "completed", "completed", "no_changes_needed", "failed", "failed", "blocked"))
    plan = PLAN if workflow == "prd-investigate" and outcome == "completed" else None
    return {"generation": 1, "outcome": outcome, "summary": summary, "cost_usd": world.cost(), "plan": plan}


def _stale(world: World) -> tuple[UUID, int] | None:
    """A run and a generation that it does not have."""
    found = world.run("running", "starting", "queued") or world.ended()
    return found and (found[0], world.chance.choice((0, 2, 7)))


def _limits(world: World) -> dict[str, Any]:
    pick = world.chance.choice
    return {
        "max_concurrent_spawns": pick((1, 3, 6, 8, 8)),
        "max_concurrent_spawns_error": pick((0, 2, 3, 4)),
        "max_concurrent_spawns_prd": pick((0, 3, 4, 6, 6)),
        "daily_spawn_budget": pick((None, None, 6, 40)),
        "daily_spawn_budget_error": pick((2, 5, 50)),
        "daily_spawn_budget_prd": pick((4, 8, 100)),
        "daily_cost_limit_usd": pick((20, 60, 120, 200.5, 400)),
        "daily_cost_limit_by_workflow": pick(({}, {}, {"prd-investigate": 30}, {"auto-investigate": 21.25, "deep-research": 12})),
        "daily_cost_limit_per_customer": pick((None, 25, 40)),
        "daily_cost_limit_by_customer": pick(({}, {"customer-0": 15, "customer-1": 60})),
        "max_agent_cost_per_run": pick((5, 12.5, 25)),
        "max_agent_cost_by_workflow": pick(({}, {"auto-triage": 2})),
        "spawn_cooldown_hours": pick((0, 0, 1, 6)),
        "min_event_count_to_spawn": pick((0, 1, 3)),
        "spawn_delay_minutes": pick((0, 10)),
        "immediate_spawn_sources": pick(([], ["migration"])),
        "max_waiting_reviews": pick((0, 0, 3)),
        "plan_approval_days": pick((0, 1, 14)),
        "breaker_failures": pick((0, 3, 3, 5)),
        "breaker_minutes": pick((5, 30)),
        "breaker_probe_usd": pick((1, 5)),
    }


STEPS: dict[Callable[[World], None], float] = {  # how often, beside the others
    make_issue: 4,
    change_issue: 4,
    delete_issue: 0.3,
    ask: 18,
    ask_for_an_error: 9,
    start: 13,
    claim: 13,
    tell_events: 8,
    tell_stale_events: 3,
    beat: 7,
    beat_late: 2.5,
    hand_in: 11,
    hand_in_again: 4,
    hand_in_stale: 3,
    sweep: 0.6,
    cancel: 2.5,
    withdraw: 3,
    force: 0.7,
    offer: 3,
    decide_plan: 4,
    change_policy: 2,
    close_switch: 0.3,
    open_switch: 3,
    reset_breaker: 1,
    jump: 3,
    end_day: 2,
}
