"""The errors that production reports: families, their sightings, and what stays out."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from dispatch import families, intake, suspects
from dispatch.families import FamilyFilter, FamilyPage, FamilyWhole, Merge, Mute, NewMute, SightingPage, Split
from dispatch.kit.shapes import Shape
from dispatch.kit.work import Work
from dispatch.suspects import Suspect
from functions.api.callers import Approver, Reader
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["errors"])
Limit = Annotated[int, Query(ge=1, le=100)]


class ErrorWhole(FamilyWhole):
    """An error whole, with the commits that may have brought it."""

    suspects: list[Suspect]


class Mutes(Shape):
    """What stays out, newest first."""

    items: list[Mute]


@router.get("/errors")
def list_errors(
    work: TheWork,
    caller: Reader,
    *,
    query: Annotated[str | None, Query(max_length=200)] = None,
    source: Annotated[str | None, Query(max_length=200)] = None,
    muted: bool | None = None,
    open: bool | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> FamilyPage:
    """Errors, seen last first: all, or those with these words, of this source, muted or not, whose issue is open or not."""
    return families.list_families(work, FamilyFilter(query=query, source=source, muted=muted, open=open), cursor=cursor, limit=limit)


@router.get("/errors/{ref}")
def get_error(work: TheWork, caller: Reader, ref: str) -> ErrorWhole:
    """An error by its id, or by the identifier of its issue."""
    return _whole(work, ref)


@router.get("/errors/{ref}/sightings")
def list_sightings(work: TheWork, caller: Reader, ref: str, cursor: str | None = None, limit: Limit = 50) -> SightingPage:
    """What was reported of it, latest first; single reports are kept for 90 days."""
    return families.list_sightings(work, families.get_family(work, ref).id, cursor=cursor, limit=limit)


@router.post("/errors/{ref}/split")
def split_error(work: TheWork, caller: Approver, ref: str, wanted: Split) -> ErrorWhole:
    """These wordings are an error of their own, for good: this one. 422: one is not its wording. 409: nothing would be left."""
    return _whole(work, intake.split_error(work, ref, wanted, actor=caller.actor).id)


@router.post("/errors/{ref}/merge")
def merge_errors(work: TheWork, caller: Approver, ref: str, wanted: Merge) -> ErrorWhole:
    """The two are one error, for good: the one it goes into. The issue that is left over is cancelled, unless an agent works on it."""
    return _whole(work, intake.merge_errors(work, ref, wanted, actor=caller.actor).id)


@router.get("/mutes")
def list_mutes(work: TheWork, caller: Reader) -> Mutes:
    """What stays out: it is counted, and opens, reopens and asks nothing."""
    return Mutes(items=families.list_mutes(work))


@router.post("/mutes", status_code=201)
def mute(work: TheWork, caller: Approver, new: NewMute) -> Mute:
    """The source, or the error, stays out until then, or until somebody ends it. One that was muted is so as said now."""
    return families.mute(work, new, actor=caller.actor)


@router.delete("/mutes/{mute_id}", status_code=204)
def unmute(work: TheWork, caller: Approver, mute_id: UUID) -> None:
    """It stays out no more."""
    families.unmute(work, mute_id, actor=caller.actor)


def _whole(work: Work, ref: UUID | str) -> ErrorWhole:
    whole = families.get_whole(work, ref)
    return ErrorWhole(**whole.model_dump(), seen_minute=whole.seen_minute, suspects=suspects.list_suspects(work, whole.id))
