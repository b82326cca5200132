"""Spawns, the fleet, and what waits for people."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from dispatch import issues, spawning
from dispatch.kit.shapes import Line, Shape
from dispatch.people import MissingRight, Right
from dispatch.runs import RunSummary
from dispatch.spawning import Cleaned, Decision, Fleet, InboxItem, NewSpawn, Packet, Spawn, SpawnState
from functions.api.callers import Admin, AdminAlone, Reader, Spawner
from functions.api.errors import problem
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["spawns"])

STATUS = {SpawnState.ADMITTED: 201, SpawnState.WAITING: 202}


class Decisions(Shape):
    """What the gates said, newest first."""

    items: list[Decision]


class Inbox(Shape):
    """What waits for a person, oldest first."""

    items: list[InboxItem]
    count: int


class Active(Shape):
    """The runs that have not ended."""

    items: list[RunSummary]


class Force(Shape):
    """Why a spawn passes the gates that only pace the work."""

    because: Line


class Cancelled(Shape):
    """The run that was cancelled; None where a waiting spawn was withdrawn."""

    run_id: str | None


@router.post("/issues/{ref}/spawn", status_code=201, response_model=Spawn, responses={202: {"model": Spawn}})
def request_spawn(request: Request, work: TheWork, caller: Spawner, ref: str, new: NewSpawn) -> Response:
    """201: a run is queued. 202: it waits. 409: the gates refuse it, and say why. Forcing it needs the right `admin`."""
    if new.force_because and not caller.may(Right.ADMIN):
        raise MissingRight("Only an admin may pass a gate.", needs=Right.ADMIN)
    spawn = spawning.request(work, ref, new, actor=caller.actor)
    if spawn.state is SpawnState.REFUSED:  # answered, not raised: the decision is kept
        facts = {"gate": spawn.gate, "would_turn": spawn.would_turn}
        return problem(request, 409, spawn.reason, code="spawn_refused", facts=facts)
    return JSONResponse(spawn.model_dump(mode="json"), status_code=STATUS[spawn.state])


@router.post("/issues/{ref}/spawn/cancel")
def cancel_spawn(work: TheWork, caller: Spawner, ref: str) -> Cancelled:
    """The issue's run is cancelled, or its waiting spawn withdrawn. 404 where there is neither."""
    run = spawning.cancel_issue_run(work, ref, actor=caller.actor)
    return Cancelled(run_id=str(run.id) if run else None)


@router.post("/issues/{ref}/spawn/force")
def force_spawn(work: TheWork, caller: Admin, ref: str, force: Force) -> Spawn:
    """The issue's waiting spawn passes the gates that only pace the work. 404 where none waits; it may wait on, and says why."""
    return spawning.force(work, issues.get_issue_id(work, ref), force.because, actor=caller.actor)


@router.get("/issues/{ref}/why")
def why(work: TheWork, caller: Reader, ref: str) -> Decisions:
    """What the gates said about the issue's spawns."""
    return Decisions(items=spawning.why(work, ref))


@router.get("/issues/{ref}/packet")
def get_packet(work: TheWork, caller: Reader, ref: str) -> Packet:
    """What whoever takes the issue over from agents needs: what was tried, what it was not, and the error's figures."""
    return spawning.get_packet(work, ref)


@router.get("/fleet")
def get_fleet(work: TheWork, caller: Reader) -> Fleet:
    """What runs, what waits, and what is left of today."""
    return spawning.fleet(work)


@router.get("/spawns/active")
def list_active(work: TheWork, caller: Reader) -> Active:
    """The runs that have not ended."""
    return Active(items=spawning.fleet(work).running)


@router.post("/spawns/cleanup")
def clean_up(caller: AdminAlone) -> Cleaned:
    """What the sweep does each minute is done now: lost runs ended, unstarted ones sent again, what waits offered."""
    return spawning.clean_up()


@router.get("/inbox")
def get_inbox(work: TheWork, caller: Reader) -> Inbox:
    """What waits for a person."""
    items = spawning.inbox(work)
    return Inbox(items=items, count=len(items))
