"""Runs: what runners say to us, and what people see and do."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Query
from fastapi.responses import PlainTextResponse

from dispatch import briefs, issues, plans, runs, spawning, stream
from dispatch.briefs import BriefedClaim
from dispatch.kit.shapes import Shape
from dispatch.kit.wire import to_json
from dispatch.kit.work import Work
from dispatch.plans import ToApply
from dispatch.runs import (
    Directives,
    Heartbeat,
    NewClaim,
    NewEvents,
    Outcome,
    Patch,
    Published,
    Received,
    Run,
    RunFilter,
    RunPage,
    RunSummary,
    State,
    Unpublished,
)
from functions.api.callers import JobOf, OwnRun, Reader, Spawner
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["runs"])
RAW_BYTES = 2_000_000  # of one answer: Lambda's may have 6 MB, in which a quote or a backslash counts twice, and an umlaut thrice
RAW_FRAMES = 100  # read at a time


class PatchVerdict(Shape):
    """What the server says to a patch."""

    verdict: str
    reasons: list[str]


class Taken(Shape):
    """How the run has ended, and the verdict on its patch."""

    outcome: str
    patch: PatchVerdict | None


class RunWhole(Run):
    """A run with its patch."""

    patch: Patch | None


class Runs(Shape):
    """Runs, newest first."""

    items: list[RunSummary]


class Words(Shape):
    """A person's words for the agent."""

    text: str


@router.post("/runs/{run}/claim")
def claim_run(caller: JobOf, work: TheWork, run: UUID, claim: NewClaim) -> BriefedClaim:
    """The run is this job's, and here is its brief. 409 for any job but the first."""
    return briefs.claim(work, run, claim)


@router.post("/runs/{run}/events")
def record_events(work: TheWork, caller: OwnRun, run: UUID, batch: NewEvents) -> Received:
    """The events are kept, each once."""
    return runs.record_events(work, run, batch)


@router.post("/runs/{run}/heartbeat")
def heartbeat(work: TheWork, caller: OwnRun, run: UUID, beat: Heartbeat) -> Directives:
    """The run lives; here is what to do."""
    return spawning.hear_heartbeat(work, run, beat)


@router.post("/runs/{run}/result")
def finish_run(work: TheWork, caller: OwnRun, run: UUID, result: Annotated[dict[str, Any], Body()]) -> Taken:
    """The run has ended. What does not fit the schema ends it as failed, with the reason."""
    ending = plans.take_result(work, run, result, actor=caller.actor)
    verdict = PatchVerdict(verdict=ending.patch.verdict, reasons=ending.patch.reasons) if ending.patch else None
    return Taken(outcome=str(ending.run.outcome), patch=verdict)


@router.get("/runs/{run}/patch")
def get_patch(caller: JobOf, work: TheWork, run: UUID, generation: int) -> ToApply:
    """The patch to publish. 404 where the run proposed none."""
    return plans.get_publication(work, run, generation=generation)


@router.post("/runs/{run}/published")
def note_published(caller: JobOf, work: TheWork, run: UUID, published: Published) -> PatchVerdict:
    """The patch is known to stand on its branch."""
    patch = plans.note_published(work, run, published)
    return PatchVerdict(verdict=patch.verdict, reasons=patch.reasons)


@router.post("/runs/{run}/unpublished")
def note_unpublished(caller: JobOf, work: TheWork, run: UUID, unpublished: Unpublished) -> PatchVerdict:
    """People are told that the patch will not come to its branch by itself, and why."""
    patch = runs.note_unpublished(work, run, unpublished)
    return PatchVerdict(verdict=patch.verdict, reasons=patch.reasons)


@router.get("/runs")
def list_all_runs(
    work: TheWork,
    caller: Reader,
    workflow: Annotated[str | None, Query(max_length=40)] = None,
    outcome: Outcome | None = None,
    state: State | None = None,
    issue: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RunPage:
    """The runs that fit, newest first."""
    issue_id = issues.get_issue_id(work, issue) if issue else None
    wanted = RunFilter(issue_id=issue_id, workflow=workflow, outcome=outcome, state=state)
    return runs.page_of_runs(work, wanted, cursor=cursor, limit=limit)


@router.get("/issues/{ref}/runs")
def list_runs(work: TheWork, caller: Reader, ref: str) -> Runs:
    """The issue's runs, newest first."""
    return Runs(items=runs.list_runs(work, issues.get_issue(work, ref).id))


@router.get("/runs/{run}")
def get_run(work: TheWork, caller: Reader, run: UUID) -> RunWhole:
    """The run whole, with its patch."""
    return RunWhole(**dict(runs.get_run(work, run)), patch=runs.find_patch(work, run))


@router.get("/runs/{run}/raw", response_class=PlainTextResponse)
def download_run(
    work: TheWork, caller: Reader, run: UUID, after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=50_000)] = 50_000
) -> PlainTextResponse:
    """The run's events after frame `after`, a JSON line each, at most `limit` and 2 MB. Where there are more, `Link` has the next page."""
    runs.get_run(work, run)
    lines, reached = _read_lines(work, run, after=after, limit=limit)
    headers = {"Content-Disposition": f'attachment; filename="run-{run}.ndjson"'}
    if reached < stream.newest(work, f"run:{run}"):
        headers["Link"] = f'</api/runs/{run}/raw?after={reached}&limit={limit}>; rel="next"'
    return PlainTextResponse("".join(lines), headers=headers)


@router.post("/runs/{run}/cancel")
def cancel_run(work: TheWork, caller: Spawner, run: UUID) -> Run:
    """The run is cancelled. 409 where it has ended."""
    return spawning.cancel_run(work, run, actor=caller.actor)


@router.post("/runs/{run}/say", status_code=202)
def say_to_run(work: TheWork, caller: Spawner, run: UUID, words: Words) -> dict[str, str]:
    """The words wait for the agent's next heartbeat. 409 where the run has ended."""
    return {"id": str(runs.say(work, run, text=words.text, actor=caller.actor))}


def _read_lines(work: Work, run: UUID, *, after: int, limit: int) -> tuple[list[str], int]:
    """As many lines as fit one answer (one at least), and the seq of the last frame that was read."""
    lines: list[str] = []
    size = 0
    while frames := stream.read_feed(work, f"run:{run}", after=after, limit=RAW_FRAMES).frames:
        for frame in frames:
            line = f"{to_json(frame.data)}\n" if frame.kind == "run.event" else ""
            size += len(line.encode())
            if lines and line and (size > RAW_BYTES or len(lines) == limit):
                return lines, after
            lines += [line] if line else []
            after = frame.seq
    return lines, after
