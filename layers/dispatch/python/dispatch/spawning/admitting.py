"""What asking and offering share: a decision is kept and told, and where it admits, the run is queued with its money set aside."""

from typing import Any
from uuid import UUID

from dispatch import activity, issues, runs, stream
from dispatch.kit import queue
from dispatch.kit.actors import Actor
from dispatch.kit.events import Event
from dispatch.kit.settings import Limits, settings
from dispatch.kit.work import Work
from dispatch.runs import NewRun, Run
from dispatch.spawning import ledger, locks, store
from dispatch.spawning.fact_shapes import Asked, Books, Decided, Ruling, Verdict
from dispatch.spawning.facts import facts_of
from dispatch.spawning.gates import decide
from dispatch.spawning.shapes import Spawn, SpawnState
from dispatch.spawning.telling import publish_fleet

STATES = {Verdict.ADMITTED: SpawnState.ADMITTED, Verdict.WAITS: SpawnState.WAITING, Verdict.REFUSED: SpawnState.REFUSED}
TOLD = {Verdict.ADMITTED: Event.SPAWN_ADMITTED, Verdict.WAITS: Event.SPAWN_WAITING, Verdict.REFUSED: Event.SPAWN_REFUSED}


def lock_admission(work: Work) -> None:
    """This work admits alone. Whoever will ask for a spawn and holds an issue takes this first, so that nobody waits in a circle."""
    locks.lock_admission(work.conn)


def decide_on(books: Books, version: int, limits: Limits, asked: Asked, **more: Any) -> Decided:
    """What the gates say; `more` is what `facts_of` takes."""
    facts = facts_of(books, asked, repository=settings().github_repo, **more)
    return Decided(asked=asked, facts=facts, ruling=decide(facts, limits, books.at), policy_version=version, at=books.at)


def admit(work: Work, decided: Decided, words: str, *, continues: UUID | None, actor: Actor) -> Run:
    """The run is queued, its money is set aside, and the spawner is told after the commit."""
    wanted = NewRun(
        issue_id=decided.asked.issue_id,
        workflow=decided.asked.workflow,
        repository=settings().github_repo,
        words=words,
        plan_id=decided.asked.plan_id,
        continues=continues,
        cap_usd=decided.ruling.reserve_usd,
    )
    run = runs.create_run(work, issues.get_issue(work, decided.asked.issue_id), wanted, actor=actor)
    ledger.reserve(work.conn, run, customer_id=decided.asked.customer_id, at=decided.at)
    work.after_commit(lambda: queue.wake_spawner({"run_id": str(run.id), "generation": run.generation}))
    return run


def keep(work: Work, spawn_id: UUID, decided: Decided) -> None:
    """The decision stands beside its spawn, with every input."""
    store.insert_decision(work.conn, spawn_id, decided)


def tell(work: Work, spawn: Spawn, ruling: Ruling, *, actor: Actor) -> None:
    """The story says what the gates said, and whoever watches the issue or the fleet sees it."""
    activity.add_activity(
        work,
        spawn.issue_id,
        TOLD[ruling.verdict],
        actor=actor,
        run_id=spawn.run_id,
        data={"workflow": spawn.workflow, "reason": ruling.reason, "would_turn": ruling.would_turn, "place": spawn.place},
    )
    stream.publish(work, f"issue:{spawn.issue_id}", Event.SPAWN_CHANGED, spawn)
    publish_fleet(work)
