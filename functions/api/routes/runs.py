"""Runs: what runners say to us, and what people see and do."""

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Query
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from dispatch import briefs, issues, plans, runs, spawning, stream
from dispatch.briefs import BriefedClaim
from dispatch.kit.errors import Conflict
from dispatch.kit.wire import to_json
from dispatch.kit.work import Work
from dispatch.runs import Directives, Heartbeat, NewClaim, NewEvents, Outcome, Patch, Published, Run, RunFilter, RunPage, RunSummary, State
from functions.api.callers import Machine, OwnRun, Reader, Spawner
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["runs"])
PAGE = 1000


class Received(BaseModel):
    """The newest event number the server holds."""

    newest: int


class PatchVerdict(BaseModel):
    """What the server says to a patch."""

    verdict: str
    reasons: list[str]


class Taken(BaseModel):
    """How the run has ended, and the verdict on its patch."""

    outcome: str
    patch: PatchVerdict | None


class RunWhole(Run):
    """A run with its patch."""

    patch: Patch | None


class Runs(BaseModel):
    """Runs, newest first."""

    items: list[RunSummary]


class ToApply(BaseModel):
    """A patch as the publish job needs it: its text, empty where it may not be applied, and the paths it may change."""

    verdict: str
    reasons: list[str]
    branch: str
    base_commit: str | None
    files: list[str]
    mbox: str


class Words(BaseModel):
    """A person's words for the agent."""

    text: str


@router.post("/runs/{run}/claim")
def claim_run(work: TheWork, caller: Machine, run: UUID, claim: NewClaim) -> BriefedClaim:
    """The run is this job's, and here is its brief. 409 for any job but the first."""
    return briefs.claim(work, run, claim)


@router.post("/runs/{run}/events")
def record_events(work: TheWork, caller: OwnRun, run: UUID, batch: NewEvents) -> Received:
    """The events are kept, each once."""
    return Received(newest=runs.record_events(work, run, batch))


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
def get_patch(work: TheWork, caller: Machine, run: UUID, generation: int) -> ToApply:
    """The patch to publish. 404 where the run proposed none."""
    patch, found = runs.get_patch(work, run), runs.get_run(work, run)
    if found.generation != generation:
        raise Conflict("That generation of the run is over.")
    return ToApply(
        verdict=patch.verdict,
        reasons=patch.reasons,
        branch=patch.branch,
        base_commit=found.base_commit,
        files=[file.path for file in patch.files],
        mbox=patch.mbox if patch.verdict == "accepted" else "",
    )


@router.post("/runs/{run}/published")
def note_published(work: TheWork, caller: Machine, run: UUID, published: Published) -> PatchVerdict:
    """The patch is known to stand on its branch."""
    patch = runs.note_published(work, run, published)
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
def download_run(work: TheWork, caller: Reader, run: UUID) -> PlainTextResponse:
    """Every event of the run, a JSON line each."""
    runs.get_run(work, run)
    text = "".join(f"{line}\n" for line in _lines(work, run))
    return PlainTextResponse(text, headers={"Content-Disposition": f'attachment; filename="run-{run}.ndjson"'})


@router.post("/runs/{run}/cancel")
def cancel_run(work: TheWork, caller: Spawner, run: UUID) -> Run:
    """The run is cancelled. 409 where it has ended."""
    return spawning.cancel_run(work, run, actor=caller.actor)


@router.post("/runs/{run}/say", status_code=202)
def say_to_run(work: TheWork, caller: Spawner, run: UUID, words: Words) -> dict[str, str]:
    """The words wait for the agent's next heartbeat. 409 where the run has ended."""
    return {"id": str(runs.say(work, run, text=words.text, actor=caller.actor))}


def _lines(work: Work, run: UUID) -> Iterator[str]:
    after = 0
    while frames := stream.read_feed(work, f"run:{run}", after=after, limit=PAGE).frames:
        yield from (to_json(frame.data) for frame in frames if frame.kind == "run.event")
        after = frames[-1].seq
