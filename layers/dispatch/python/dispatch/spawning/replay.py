"""The stored past under other limits: what would have run, at what cost, and what would have been missed."""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from dispatch.kit.settings import Limits
from dispatch.kit.work import Work
from dispatch.runs import Outcome, workflow_named
from dispatch.spawning import changing, gates, replay_store
from dispatch.spawning.fact_shapes import Facts, Ruling
from dispatch.spawning.replay_shapes import MissedRun, NewReplay, PastSpawn, Replay, ReplayFigures, Simulated, Typical
from dispatch.spawning.shapes import SpawnState
from dispatch.spawning.simulation import simulate

DREW_NO_CONCLUSION = {Outcome.CANCELLED, Outcome.LOST}


def decide_again(inputs: dict[str, Any], limits: Limits, at: datetime) -> Ruling:
    """What the gates say to a decision's inputs, under its policy's limits and at its moment: what they said then."""
    return gates.decide(Facts.model_validate(inputs), limits, at)


def replay(work: Work, wanted: NewReplay) -> Replay:
    """The last days as they were, and as they would have been under the candidate policy. Raises BadInput for a limit that is none.

    Requests come when they came, but one for an issue that is still busy comes once it is free. Each run lasts and costs what it did;
    one that never ran is given its workflow's medians. Issues that were deleted are in neither figure.
    """
    limits = changing.candidate(work, wanted.limits)
    first = work.now.astimezone(UTC).date() - timedelta(days=wanted.days - 1)
    since = datetime.combine(first, time(), UTC)
    past = replay_store.select_past(work.conn, since=since)
    switches = replay_store.select_switches(work.conn, since=since)
    done = simulate(past, switches, limits, since=since, until=work.now, typical=_typical(past, limits))
    before, after = _before(past, since), _after(past, done, since)
    missed = [_missed(spawn) for spawn in past if _ended_since(spawn, since) and spawn.is_fruitful and spawn.id not in done.reached]
    return Replay(
        days=wanted.days,
        since=since,
        before=before,
        after=after,
        saved_usd=before.cost_usd - after.cost_usd,
        missed=missed,
        sentence=_sentence(wanted.days, before, after, past, missed),
    )


def _before(past: list[PastSpawn], since: datetime) -> ReplayFigures:
    ended = [spawn for spawn in past if _ended_since(spawn, since)]
    asked = [spawn for spawn in past if spawn.created_at >= since]
    return ReplayFigures(
        spawns=len(asked),
        runs=sum(spawn.admitted_at is not None and spawn.admitted_at >= since for spawn in past),
        waited=sum(spawn.waited for spawn in asked),
        refused=sum(spawn.state is SpawnState.REFUSED for spawn in asked),
        cost_usd=sum((spawn.cost_usd for spawn in ended), Decimal()),
        patches=sum(spawn.has_patch for spawn in ended),
    )


def _after(past: list[PastSpawn], done: Simulated, since: datetime) -> ReplayFigures:
    asked = {spawn.id for spawn in past if spawn.created_at >= since}
    return ReplayFigures(
        spawns=len(asked),
        runs=done.runs,
        waited=len(done.waited & asked),
        refused=len(done.refused & asked),
        cost_usd=done.cost_usd,
        patches=sum(spawn.has_patch for spawn in past if spawn.id in done.reached),
    )


def _typical(past: list[PastSpawn], limits: Limits) -> dict[str, Typical]:
    """Each workflow's medians; for one that never ended by itself, the worst that may happen."""
    lasted: dict[str, list[float]] = defaultdict(list)
    costs: dict[str, list[Decimal]] = defaultdict(list)
    for spawn in past:
        if spawn.lasted_s is not None and spawn.started_s is not None and spawn.outcome not in DREW_NO_CONCLUSION:
            lasted[spawn.facts.workflow].append(spawn.lasted_s)
            costs[spawn.facts.workflow].append(spawn.cost_usd)
    return {
        name: Typical(lasts_s=median(lasted[name]), cost_usd=median(costs[name]))
        if lasted[name]
        else Typical(lasts_s=workflow_named(name).time_limit.total_seconds(), cost_usd=gates.ceiling_usd(name, limits))
        for name in {spawn.facts.workflow for spawn in past}
    }


def _ended_since(spawn: PastSpawn, since: datetime) -> bool:
    return spawn.admitted_at is not None and spawn.lasted_s is not None and _ended_at(spawn) >= since


def _ended_at(spawn: PastSpawn) -> datetime:
    return (spawn.admitted_at or spawn.created_at) + timedelta(seconds=spawn.lasted_s or 0)


def _missed(spawn: PastSpawn) -> MissedRun:
    return MissedRun(
        issue=spawn.identifier,
        workflow=spawn.facts.workflow,
        at=_ended_at(spawn),
        outcome=spawn.outcome or Outcome.COMPLETED,
        cost_usd=spawn.cost_usd,
    )


def _sentence(days: int, before: ReplayFigures, after: ReplayFigures, past: list[PastSpawn], missed: list[MissedRun]) -> str:
    """ "The last 30 days: 41 runs instead of 63, $310 instead of $502; 2 accepted patches would have been missed."."""
    if not past:
        return f"{_days(days)}: nothing was asked for, so there is nothing to try this on."
    plans = sum(run.outcome is Outcome.INVESTIGATION_COMPLETE for run in missed)
    kinds = [_counted(count, noun) for count, noun in ((len(missed) - plans, "accepted patch"), (plans, "approved plan")) if count]
    lost = f"{' and '.join(kinds)} would have been missed" if kinds else "nothing that was accepted would have been missed"
    ran = f"{_counted(after.runs, 'run')} instead of {before.runs}"
    return f"{_days(days)}: {ran}, ${after.cost_usd:.0f} instead of ${before.cost_usd:.0f}; {lost}."


def _days(days: int) -> str:
    return "Today" if days == 1 else f"The last {days} days"


def _counted(count: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"
