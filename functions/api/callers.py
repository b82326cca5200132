"""Who asks, and whether they may: each route takes one of these, and a route without any fails a test.

def list_issues(work: TheWork, caller: Reader) -> ...       # anybody who may read
def approve(work: TheWork, caller: Approver) -> ...         # an approver, an admin, a token with scope plans
def record_events(work: TheWork, run: UUID, caller: OwnRun)  # the run in the path, by its own token
def claim_run(caller: JobOf, work: TheWork, run: UUID)       # the job of the run in the path, or a machine; it stands first
@router.get("/instance", dependencies=[PUBLIC])              # everybody, on purpose
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request

from dispatch import people
from dispatch.kit.errors import NotAllowed, NotSignedIn
from dispatch.kit.log import about
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.people import Caller, CallerKind, Job, MissingRight, Right, WrongToken
from functions.api.unit import TheWork

COOKIE = "dispatch_session"
Rule = TypeVar("Rule", bound=Callable[..., Any])
READING = {"GET", "HEAD", "OPTIONS"}


class NotFromHere(NotAllowed):
    """A browser's writes need the header `X-Requested-With: dispatch`."""


class NotYourRun(NotAllowed):
    """This token belongs to another run."""


def may(right: Right) -> Any:
    """A dependency that yields the caller, if they have the right; otherwise the answer is 401 or 403."""

    async def caller_with_right(request: Request, work: TheWork) -> Caller:
        return _with_right(get_caller(work, request), right)

    return Depends(_rule(caller_with_right))


def may_alone(right: Right) -> Any:
    """The same with no work left open: what they ask for opens works of its own."""

    async def caller_alone(request: Request) -> Caller:
        with open_work() as unit:
            return _with_right(get_caller(unit, request), right)

    return Depends(_rule(caller_alone))


class NoJobsDoor(NotSignedIn):
    """A job's token opens its own run's claim and patch, and nothing else."""


def find_caller(work: Work, request: Request) -> Caller | None:
    """Whoever proves who they are, or None for one who does not try. Raises WrongToken, NotFromHere."""
    if "authorization" in request.headers:
        return _bearer(work, request)
    secret = request.cookies.get(COOKIE)
    caller = people.find_session_caller(work, secret, address=address_of(request)) if secret else None
    if caller is not None and request.method not in READING and request.headers.get("x-requested-with") != "dispatch":
        raise NotFromHere
    return caller


def get_caller(work: Work, request: Request) -> Caller:
    """Whoever asks. Raises NotSignedIn, WrongToken, NotFromHere."""
    caller = find_caller(work, request)
    if caller is None:
        raise NotSignedIn
    return caller


def address_of(request: Request) -> str:
    """Where the request comes from, as the door saw it; headers that anybody can write are not asked."""
    return (request.client.host if request.client else None) or "unknown"


def _bearer(work: Work, request: Request) -> Caller:
    token = _bearer_token(request)
    if people.is_job_token(token):
        raise NoJobsDoor
    caller = people.find_token_caller(work, token, address=address_of(request)) or _run_caller(work, token)
    if caller is None:
        raise WrongToken
    return caller


def _bearer_token(request: Request) -> str:
    scheme, _, token = request.headers["authorization"].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise WrongToken
    return token.strip()


def _run_caller(work: Work, token: str) -> Caller | None:
    from dispatch import runs

    run = runs.find_run_by_token(work, token)
    if run:
        about(run=str(run.id), issue=run.identifier)
    return Caller(kind=CallerKind.RUN, name=f"{run.workflow} agent", run_id=run.id) if run else None


def _with_right(caller: Caller, right: Right) -> Caller:
    if not caller.may(right):
        raise MissingRight(f"You may not do this: it needs the right `{right}`.", needs=right)
    return caller


async def _own_run(request: Request, work: TheWork, run: UUID) -> Caller:
    caller = get_caller(work, request)
    if caller.run_id != run:
        raise NotYourRun
    return caller


async def _own_run_alone(request: Request, run: UUID) -> Caller:
    with open_work() as unit:
        return await _own_run(request, unit, run)


async def _vouched_job(request: Request) -> Job | None:
    """The job that GitHub vouches for; None for a caller of another kind."""
    if "authorization" not in request.headers or not people.is_job_token(token := _bearer_token(request)):
        return None
    return people.read_job(token)


async def _job_of(request: Request, job: Annotated[Job | None, Depends(_vouched_job)], work: TheWork, run: UUID) -> Caller:
    """The run's own job, or a machine with DISPATCH_API_KEY. A route takes it before the work: GitHub's keys may have to be fetched."""
    if job is None:
        return _with_right(get_caller(work, request), Right.AGENT)
    from dispatch import runs

    runs.hold_to_job(work, run, job)
    return Caller(kind=CallerKind.JOB, name="job", run_id=run, address=address_of(request))


async def note_place(request: Request) -> None:
    """Log lines of this request say which issue or run it is on, as far as its path tells."""
    is_issue = request.url.path.startswith("/api/issues/")
    about(run=request.path_params.get("run"), issue=request.path_params.get("ref", "").upper() if is_issue else None)


async def _anybody() -> None:
    """Nothing is asked."""


def _rule(dependency: Rule) -> Rule:
    """Marks a dependency as a caller rule, for the test that no route goes without one."""
    dependency.caller_rule = True  # type: ignore[attr-defined]
    return dependency


Reader = Annotated[Caller, may(Right.READ)]
Writer = Annotated[Caller, may(Right.ISSUES)]
Spawner = Annotated[Caller, may(Right.SPAWN)]
Approver = Annotated[Caller, may(Right.PLANS)]
Admin = Annotated[Caller, may(Right.ADMIN)]
ReaderAlone = Annotated[Caller, may_alone(Right.READ)]
WriterAlone = Annotated[Caller, may_alone(Right.ISSUES)]
AdminAlone = Annotated[Caller, may_alone(Right.ADMIN)]
JobOf = Annotated[Caller, Depends(_rule(_job_of))]
OwnRun = Annotated[Caller, Depends(_rule(_own_run))]
OwnRunAlone = Annotated[Caller, Depends(_rule(_own_run_alone))]
PUBLIC = Depends(_rule(_anybody))
