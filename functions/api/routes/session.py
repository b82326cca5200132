"""Signing in, asking who one is, signing out."""

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field

from dispatch import people
from dispatch.kit.settings import settings
from dispatch.kit.shapes import Shape
from dispatch.kit.work import work
from dispatch.people import CallerKind, Person
from functions.api.callers import COOKIE, PUBLIC, address_of, find_caller
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api/auth", tags=["session"], dependencies=[PUBLIC])


class SignIn(Shape):
    """A password; and a name, where it is not the owner."""

    password: Annotated[str, Field(max_length=1000)]
    name: Annotated[str, Field(max_length=80)] | None = None


class Session(Shape):
    """Whether somebody is signed in, and who."""

    authenticated: bool
    person: Person | None = None


@router.post("")
def sign_in(body: SignIn, request: Request, response: Response) -> Session:
    """A session is open and its cookie set. 401 for a wrong password; 429 with Retry-After after five within a minute."""
    address = address_of(request)
    with work() as unit:
        people.note_attempt(unit, name=body.name, address=address)
    with work() as unit:
        person, secret = people.sign_in(unit, body.password, name=body.name, address=address)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(people.SESSION_LENGTH.total_seconds()),
        httponly=True,
        secure=_is_secure(),
        samesite="lax",
        path="/",
    )
    return Session(authenticated=True, person=person)


@router.get("")
def get_session(unit: TheWork, request: Request, response: Response) -> Session:
    """Who is signed in, if anybody; never a refusal."""
    response.headers["Cache-Control"] = "no-store"
    secret = request.cookies.get(COOKIE)
    person = people.find_session_person(unit, secret) if secret else None
    return Session(authenticated=person is not None, person=person)


@router.delete("")
def sign_out(unit: TheWork, request: Request, response: Response) -> Session:
    """The session, if there is one, is ended."""
    caller = find_caller(unit, request)
    if caller is not None and caller.kind is CallerKind.PERSON:
        people.sign_out(unit, request.cookies[COOKIE])
    response.delete_cookie(COOKIE, path="/", httponly=True, secure=_is_secure(), samesite="lax")
    return Session(authenticated=False)


def _is_secure() -> bool:
    """A `Secure` cookie would never come back over plain http to anything but localhost, which is where a laptop is opened from."""
    return settings().public_url.startswith("https://")
