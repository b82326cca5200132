"""A run's end and its money: whatever ends a run, the ledger hears of it in the same transaction, and the place goes to the next."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from dispatch import runs
from dispatch.issues import get_issue
from dispatch.kit import clock, queue
from dispatch.kit.actors import SYSTEM, Actor
from dispatch.kit.errors import NotFound
from dispatch.kit.log import logger
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.runs import Directives, Ending, Heartbeat, Outcome, Result, Run, RunIsFinished, State, Unpublished
from dispatch.spawning import ledger, switch_store
from dispatch.spawning.admitting import lock_admission
from dispatch.spawning.handing_over import review_attempts
from dispatch.spawning.offering import offer_waiting, withdraw
from dispatch.spawning.telling import publish_fleet

FAILURES = {Outcome.FAILED, Outcome.LOST}  # what a breaker counts; a cancelled run says nothing about its workflow


class NothingRuns(NotFound):
    """No agent is working on this issue, and none waits for it."""


def end_run(work: Work, run_id: UUID, given: dict[str, Any], *, actor: Actor) -> tuple[Ending, Result]:
    """The run has ended as its runner tells, and its money is settled: at the cost it tells, or, unmeasured, at its reserve.

    Told again with a larger cost, the difference is added.
    """
    ending, result = runs.finish_by_result(work, run_id, given, actor=actor)
    if not ending.repeated:
        _settle(work, ending.run, ending.run.cost_usd, note=str(ending.run.outcome))
    elif result.cost_usd is not None:
        _correct(work, ending.run, Decimal(str(result.cost_usd)), note="told again")
    return ending, result


def hear_heartbeat(work: Work, run_id: UUID, beat: Heartbeat) -> Directives:
    """The run lives. A cancelled one's last beats tell what it has cost after all. Raises StaleClaim."""
    directives = runs.heartbeat(work, run_id, beat)
    if directives.directive == "cancel" and beat.metered_usd is not None:
        _correct(work, runs.get_run(work, run_id), Decimal(str(beat.metered_usd)), note="told after the cancel")
    if beat.quiet:
        publish_fleet(work)
    return directives


def cancel_run(work: Work, run_id: UUID, *, actor: Actor) -> Run:
    """The run is cancelled: its token is worth nothing, its runtime is told, its issue is back where it was. Raises RunIsFinished."""
    run = runs.get_run(work, run_id, lock=True)
    if run.state is State.FINISHED:
        raise RunIsFinished(f"This run has ended already: {run.outcome}.")
    return _break_off(work, run, Outcome.CANCELLED, f"Cancelled by {actor.name}.", actor=actor)


def stop_run(work: Work, run_id: UUID, switch_id: UUID, summary: str, *, actor: Actor) -> None:
    """The run is cancelled by that kill switch, unless it has ended meanwhile."""
    run = runs.get_run(work, run_id, lock=True)
    if run.state is not State.FINISHED:
        _break_off(work, run, Outcome.CANCELLED, summary, actor=actor)
        runs.note_stopped(work, run_id, switch_id)


def cancel_issue_run(work: Work, ref: str | UUID, *, actor: Actor) -> Run | None:
    """The issue's run is cancelled, or its waiting spawn withdrawn (then None). Raises NothingRuns."""
    lock_admission(work)  # or what waits could be admitted while it is withdrawn
    issue = get_issue(work, ref)
    if issue.running:
        return cancel_run(work, issue.running.id, actor=actor)
    if not withdraw(work, issue.id, actor=actor):
        raise NothingRuns(f"No agent is working on {issue.identifier}, and none waits for it.")
    return None


def refuse_start(work: Work, run_id: UUID, reason: str) -> None:
    """The runtime will not start this run: it has failed, for the reason given, and cost nothing."""
    run = runs.get_run(work, run_id, lock=True)
    if run.state in {State.QUEUED, State.STARTING}:
        _break_off(work, run, Outcome.FAILED, reason, actor=SYSTEM)


def hear_job_ended(work: Work, repository: str, job_id: str, conclusion: str) -> None:
    """The runtime says that this job has ended: a run of it that brought no result has ended with it; of one that had ended, see there."""
    run_id = runs.find_run_of_job(work, repository, job_id)
    if run_id is not None:
        end_with_job(work, run_id, conclusion)


def end_with_job(work: Work, run_id: UUID, conclusion: str) -> bool:
    """A run whose job has ended brings no result any more, and publishes nothing; False where it had ended already.

    One that had ended is known to be quiet, and people are told of a patch that the job should have published.
    """
    run = runs.get_run(work, run_id, lock=True)
    is_over = run.state is State.FINISHED
    if is_over:
        _tell_unpublished(work, run, conclusion)
    else:
        was_claimed = run.state is State.RUNNING
        summary = "Its job ended without handing anything in" if was_claimed else "Its job ended before it could claim the run"
        outcome = Outcome.LOST if was_claimed else Outcome.FAILED
        _break_off(work, run, outcome, f"{summary} ({conclusion[:40]}).", actor=SYSTEM)
    if runs.note_quiet(work, run_id):
        publish_fleet(work)
    return not is_over


def reap_lost_runs() -> int:
    """Runs that ended without a word are ended as lost and cancelled at their runtime, each in a work of its own; returns how many."""
    with open_work() as unit:
        runs.note_sweep(unit)
        lost = runs.find_lost(unit)
    return sum(_reap(run_id) for run_id in lost)


def offer_freed() -> None:
    """The place that has come free goes to the next in the queue; if this fails, the schedule offers it."""
    with open_work() as unit:
        for spawn in offer_waiting(unit):
            logger.info("spawn offered again", spawn=str(spawn.id), state=spawn.state)


def _reap(run_id: UUID) -> bool:
    with open_work() as unit:
        run = runs.get_run(unit, run_id, lock=True)
        if run_id not in runs.find_lost(unit):
            return False
        silent = "It was started and never claimed." if run.state is State.STARTING else "Its runner fell silent."
        _break_off(unit, run, Outcome.LOST, silent, actor=SYSTEM)
        return True


def _tell_unpublished(work: Work, run: Run, conclusion: str) -> None:
    patch = runs.find_patch(work, run.id)
    if patch and patch.verdict == "accepted" and not (patch.published_at or patch.unpublished_because):
        reason = f"The job that was to publish it ended without doing so ({conclusion[:40]})."
        runs.note_unpublished(work, run.id, Unpublished(generation=run.generation, reason=reason))


def _break_off(work: Work, run: Run, outcome: Outcome, summary: str, *, actor: Actor) -> Run:
    """Ends a run that brings no result. A cancelled one settles at what its runner metered; one nobody measured, at its reserve."""
    metered = run.metered_usd if outcome is Outcome.CANCELLED else None
    ended = runs.finish_run(work, run, outcome, summary=summary, cost_usd=metered, actor=actor).run
    _settle(work, ended, metered, note=str(outcome))
    if run.state is not State.QUEUED:
        work.after_commit(lambda: queue.wake_spawner({"run_id": str(run.id), "generation": run.generation, "stop": True}))
    return ended


def _settle(work: Work, run: Run, cost_usd: Decimal | None, *, note: str) -> None:
    if run.started_at is None:
        ledger.release(work.conn, run, at=clock.now(), note=note)
    else:
        ledger.settle(work.conn, run, run.cap_usd if cost_usd is None else cost_usd, at=clock.now(), note=note)
    if run.outcome is not Outcome.CANCELLED:
        failed = run.outcome in FAILURES
        switch_store.count_failure(work.conn, run.id, workflow=run.workflow, failed=failed, at=clock.now())
        review_attempts(work, run.issue_id)
    publish_fleet(work)
    work.after_commit(offer_freed)


def _correct(work: Work, run: Run, cost_usd: Decimal, *, note: str) -> None:
    """The run, which the work holds, has cost at least this much."""
    if ledger.correct(work.conn, run, cost_usd, at=clock.now(), note=note):
        runs.note_cost(work, run.id, cost_usd)
        publish_fleet(work)
