"""People, API tokens and the audit: an admin's business."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from dispatch import people
from dispatch.kit.shapes import Shape
from dispatch.people import ApiToken, AuditRow, MadeToken, NewPerson, NewToken, Person, PersonChange, PersonDetails
from functions.api.callers import Admin
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["people"])


class People(Shape):
    """Everybody."""

    items: list[PersonDetails]
    next_cursor: str | None = None


class Tokens(Shape):
    """Every token, without its secret."""

    items: list[ApiToken]
    next_cursor: str | None = None


class Audit(Shape):
    """A page of the audit, newest first."""

    items: list[AuditRow]
    next_cursor: str | None


@router.get("/people")
def list_people(work: TheWork, caller: Admin) -> People:
    """Everybody, by name."""
    return People(items=people.list_people(work))


@router.post("/people", status_code=201)
def create_person(work: TheWork, caller: Admin, new: NewPerson) -> Person:
    """The person can sign in with their name and password."""
    return people.create_person(work, new, caller=caller)


@router.patch("/people/{person_id}")
def change_person(work: TheWork, caller: Admin, person_id: UUID, change: PersonChange) -> Person:
    """The person's role, password or access is changed, and they are signed out everywhere."""
    return people.change_person(work, person_id, change, caller=caller)


@router.get("/tokens")
def list_tokens(work: TheWork, caller: Admin) -> Tokens:
    """Every token ever made, newest first."""
    return Tokens(items=people.list_tokens(work))


@router.post("/tokens", status_code=201)
def create_token(work: TheWork, caller: Admin, new: NewToken) -> MadeToken:
    """A token is made; this answer is the only one that shows it."""
    return people.create_token(work, new, caller=caller)


@router.delete("/tokens/{token_id}")
def revoke_token(work: TheWork, caller: Admin, token_id: UUID) -> ApiToken:
    """The token opens nothing any more."""
    return people.revoke_token(work, token_id, caller=caller)


@router.get("/audit")
def list_audit(
    work: TheWork,
    caller: Admin,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Audit:
    """Who changed what, when and from where, newest first."""
    rows = people.list_audit(work, before=cursor, limit=limit)
    return Audit(items=rows, next_cursor=str(rows[-1].id) if len(rows) == limit else None)
