"""What a brief tells of the world outside: gathered before the run starts, as nobody waits for others while a job claims it."""

import time
from collections.abc import Callable
from uuid import UUID

from dispatch import families, logs, runs
from dispatch.briefs import store
from dispatch.families import Family
from dispatch.kit.errors import DispatchError
from dispatch.kit.log import logger
from dispatch.kit.wire import to_json
from dispatch.kit.work import Work, work
from dispatch.logs import LogPart
from dispatch.runs import State

PATIENCE_S = 9.0  # for everything: a run that could start should start
MOST_LETTERS = 40_000  # of what is kept for one run of one kind

Gather = Callable[[Family, float], list[LogPart]]


def _from_logs(family: Family, patience_s: float) -> list[LogPart]:
    if not logs.is_connected():
        return []
    return logs.context_for(family.source, family.feature, family.message, family.last_seen, patience_s=patience_s)


# Kind -> what asks for it, with no work open, in so many seconds. What it refuses is told as its sentence.
GATHERERS: tuple[tuple[str, Gather], ...] = (("logs", _from_logs),)


def prepare(run_id: UUID) -> None:
    """What others know of the run's error is kept for its brief, as far as they told it in time; once for each run.

    It opens works of its own, and none is open while others are asked.
    """
    deadline = time.monotonic() + PATIENCE_S
    with work() as unit:
        run = runs.get_run(unit, run_id)
        family = families.find_by_issue(unit, run.issue_id)
        known = store.select_context_kinds(unit.conn, run_id)
    if family is None or run.state is not State.QUEUED:
        return
    for kind, gather in GATHERERS:
        if kind not in known and (parts := _gathered(kind, gather, family, deadline)):
            with work() as unit:
                _keep(unit, run_id, kind, parts)


def _gathered(kind: str, gather: Gather, family: Family, deadline: float) -> list[LogPart]:
    """What was told; in its place, why nothing was."""
    try:
        return gather(family, max(0.0, deadline - time.monotonic()))
    except DispatchError as error:
        logger.warning("a brief's context could not be had", kind=kind, code=error.code)
        return [LogPart(heading="Not to be had", text=f"This could not be had when the run started: {error.sentence}")]


def _keep(work: Work, run_id: UUID, kind: str, parts: list[LogPart]) -> None:
    kept: list[LogPart] = []
    for part in parts:
        left = MOST_LETTERS - sum(len(one.text) for one in kept)
        kept += [part if len(part.text) <= left else part.model_copy(update={"text": f"{part.text[:left]}… (cut)"})] if left > 0 else []
    store.insert_context(work.conn, run_id, kind, parts=to_json([part.model_dump() for part in kept]), at=work.now)
