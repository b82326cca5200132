"""Admission: the only way in for a run, whoever asks. One transaction, one at a time, nothing counted twice."""

from decimal import Decimal
from uuid import UUID

from dispatch import activity, issues, runs, stream
from dispatch.issues import IssueNotFound
from dispatch.kit import clock, queue
from dispatch.kit.actors import SYSTEM, Actor
from dispatch.kit.errors import BadInput
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.runs import NewRun, Run, workflow_named
from dispatch.spawning import ledger, policy, store
from dispatch.spawning.fleet import publish_fleet
from dispatch.spawning.gates import decide
from dispatch.spawning.shapes import Facts, Limits, NewSpawn, Ruling, Spawn, SpawnState, Verdict, WaitingSpawn

STATES = {Verdict.ADMITTED: SpawnState.ADMITTED, Verdict.WAITS: SpawnState.WAITING, Verdict.REFUSED: SpawnState.REFUSED}
TOLD = {Verdict.ADMITTED: Event.SPAWN_ADMITTED, Verdict.WAITS: Event.SPAWN_WAITING, Verdict.REFUSED: Event.SPAWN_REFUSED}


class NoRepository(BadInput):
    """There is no target repository. Set GITHUB_REPO to `owner/name`."""


def lock_admission(work: Work) -> None:
    """This work admits alone. Whoever will ask for a spawn and holds an issue takes this first, so that nobody waits in a circle."""
    store.lock_admission(work.conn)


def request(work: Work, ref: str | UUID, new: NewSpawn, *, actor: Actor, automatic: bool = False) -> Spawn:
    """The gates have ruled on the spawn: it is admitted (its run is queued and its money reserved), it waits, or it is refused.

    A refusal is an answer, not an error: it is kept with its reason. Raises UnknownWorkflow, IssueNotFound, NoRepository.
    """
    workflow_named(new.workflow)
    if not settings().github_repo:
        raise NoRepository
    issue_id = issues.get_issue(work, ref).id  # before the lock: what all others wait for is kept short
    lock_admission(work)
    version, limits = policy.current(work)
    facts, plan_id, reserve = _facts(work, issue_id, new, limits, automatic=automatic, apart_from=None)
    ruling = decide(facts, limits)
    run = _admit(work, issue_id, new, plan_id=plan_id, reserve_usd=reserve, actor=actor) if ruling.verdict is Verdict.ADMITTED else None
    spawn_id = new_id()
    with work.conn.pipeline():
        store.insert_spawn(
            work.conn,
            spawn_id,
            issue_id,
            new,
            asked_by=actor,
            automatic=automatic,
            reserve_usd=reserve,
            state=STATES[ruling.verdict],
            run_id=run.id if run else None,
            at=clock.now(),  # not work.now: places in the queue go by who came through admission first
        )
        store.insert_decision(work.conn, spawn_id, ruling, facts, policy_version=version, at=work.now)
        return _tell(work, spawn_id, issue_id, new.workflow, ruling, actor=actor)


def offer_waiting(work: Work) -> list[Spawn]:
    """Waiting spawns are put to the gates again, most urgent first, then oldest; returns those that wait no more."""
    lock_admission(work)
    version, limits = policy.current(work)
    turned = [spawn for waiting in store.select_waiting(work.conn) if (spawn := _offer(work, waiting, version, limits))]
    return turned


def withdraw(work: Work, issue_id: UUID, *, actor: Actor) -> bool:
    """The issue's waiting spawn waits no more; False where there was none."""
    if not store.withdraw_waiting(work.conn, issue_id, at=work.now):
        return False
    activity.add_activity(work, issue_id, Event.SPAWN_WITHDRAWN, actor=actor)
    publish_fleet(work)
    return True


def _offer(work: Work, waiting: WaitingSpawn, version: int, limits: Limits) -> Spawn | None:
    new = NewSpawn(workflow=waiting.workflow, words=waiting.words, cap_usd=waiting.reserve_usd)
    facts, plan_id, reserve = _facts(work, waiting.issue_id, new, limits, automatic=waiting.automatic, apart_from=waiting.id)
    ruling = decide(facts, limits)
    if ruling.verdict is Verdict.WAITS:
        return None
    run = (
        _admit(work, waiting.issue_id, new, plan_id=plan_id, reserve_usd=reserve, actor=waiting.asked_by)
        if ruling.verdict is Verdict.ADMITTED
        else None
    )
    store.set_spawn(work.conn, waiting.id, state=STATES[ruling.verdict], run_id=run.id if run else None, at=work.now)
    store.insert_decision(work.conn, waiting.id, ruling, facts, policy_version=version, at=work.now)
    return _tell(work, waiting.id, waiting.issue_id, waiting.workflow, ruling, actor=SYSTEM)


def _facts(
    work: Work, issue_id: UUID, new: NewSpawn, limits: Limits, *, automatic: bool, apart_from: UUID | None
) -> tuple[Facts, UUID | None, Decimal]:
    """What the gates go by, the approved plan where one is needed, and the money to set aside."""
    about = store.select_issue_facts(work.conn, issue_id, apart_from=apart_from)
    if about is None:
        raise IssueNotFound
    plan_id, plan_cap = about.pop("plan_id"), about.pop("plan_cap_usd")
    implements = new.workflow == "prd-implement"
    reserve = new.cap_usd or (plan_cap if implements else None) or limits.max_agent_cost_per_run
    facts = Facts(
        workflow=new.workflow,
        automatic=automatic,
        kill_switch=settings().spawn_kill_switch,
        plan_approved=plan_id is not None,
        reserve_usd=reserve,
        **about,
        **store.select_counts(work.conn, at=clock.now()),  # not work.now: the lock may have been waited for past midnight
    )
    return facts, plan_id if implements else None, reserve


def _admit(work: Work, issue_id: UUID, new: NewSpawn, *, plan_id: UUID | None, reserve_usd: Decimal, actor: Actor) -> Run:
    """The run is queued, its money is set aside, and the spawner is told after the commit."""
    wanted = NewRun(
        issue_id=issue_id,
        workflow=new.workflow,
        repository=settings().github_repo,
        words=new.words,
        plan_id=plan_id,
        cap_usd=reserve_usd,
    )
    run = runs.create_run(work, issues.get_issue(work, issue_id), wanted, actor=actor)
    ledger.reserve(work.conn, run_id=run.id, generation=run.generation, workflow=run.workflow, amount_usd=reserve_usd, at=clock.now())
    work.after_commit(lambda: queue.wake_spawner({"run_id": str(run.id), "generation": run.generation}))
    return run


def _tell(work: Work, spawn_id: UUID, issue_id: UUID, workflow: str, ruling: Ruling, *, actor: Actor) -> Spawn:
    """The story says what the gates said, and whoever watches the fleet sees it."""
    spawn = store.select_spawns(work.conn, spawn_id=spawn_id, waiting=False)[0]
    activity.add_activity(
        work,
        issue_id,
        TOLD[ruling.verdict],
        actor=actor,
        run_id=spawn.run_id,
        data={"workflow": workflow, "reason": ruling.reason, "would_turn": ruling.would_turn, "place": spawn.place},
    )
    stream.publish_latest(work, f"issue:{issue_id}", "spawn.changed", lambda: spawn, key=str(spawn_id))
    publish_fleet(work)
    return spawn
