"""Who somebody is, and what they may do."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from dispatch.kit.actors import Actor, ActorKind
from dispatch.kit.shapes import Shape


class Right(StrEnum):
    """One thing a caller may be allowed to do. All but AGENT are also the scopes of API tokens."""

    READ = "read"
    ISSUES = "issues"  # write issues and comments, talk to the orchestrator
    SPAWN = "spawn"  # start, cancel and talk to runs: it costs money
    PLANS = "plans"  # approve and return plans, answer questions
    ADMIN = "admin"  # people, tokens, policy
    AGENT = "agent"  # claim runs and publish their patches: machines alone


class Role(StrEnum):
    """What a person is; each may do what the one before may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.OPERATOR: frozenset({Right.READ, Right.ISSUES, Right.SPAWN}),
    Role.APPROVER: frozenset({Right.READ, Right.ISSUES, Right.SPAWN, Right.PLANS}),
    Role.ADMIN: frozenset({Right.READ, Right.ISSUES, Right.SPAWN, Right.PLANS, Right.ADMIN}),
}
MACHINE_RIGHTS = RIGHTS[Role.ADMIN] | {Right.AGENT}


class CallerKind(StrEnum):
    """By what a caller proved who they are."""

    PERSON = "person"  # a session's cookie
    TOKEN = "token"  # noqa: S105 - a named API token
    MACHINE = "machine"  # DISPATCH_API_KEY
    RUN = "run"  # a run's own token: that run, nothing else
    JOB = "job"  # GitHub's word for a job: the run it was started for, nothing else


class Caller(Shape):
    """Who asks, and what they may do. A run's caller, or its job's, has no right but being that run (`run_id`)."""

    model_config = ConfigDict(frozen=True)

    kind: CallerKind
    name: str
    rights: frozenset[Right] = frozenset()
    person_id: UUID | None = None
    token_id: UUID | None = None
    run_id: UUID | None = None
    address: str | None = None

    @property
    def actor(self) -> Actor:
        """The caller as stories and audit rows name them."""
        match self.kind:
            case CallerKind.PERSON:
                return Actor(kind=ActorKind.PERSON, name=self.name)
            case CallerKind.RUN | CallerKind.JOB:
                return Actor(kind=ActorKind.AGENT, name=self.name)
            case CallerKind.TOKEN | CallerKind.MACHINE:
                return Actor(kind=ActorKind.SYSTEM, name=self.name)

    def may(self, right: Right) -> bool:
        """Whether the caller has this right."""
        return right in self.rights


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Password = Annotated[str, StringConstraints(min_length=12, max_length=200)]  # NIST SP 800-63B: length counts, composition does not


class Person(Shape):
    """A person as others see them."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    name: str
    role: Role


class PersonRow(Person):
    """A person as the door sees them; the owner has no password of their own, for `DISPATCH_PASSWORD` is theirs."""

    password_hash: str | None
    disabled_at: datetime | None


class NewPerson(Shape):
    """Somebody to let in."""

    name: Name
    role: Role
    password: Password


class PersonChange(Shape):
    """What is to be different about a person; what is left out stays."""

    role: Role | None = None
    password: Password | None = None
    disabled: bool | None = None


class PersonDetails(Person):
    """A person as an admin sees them."""

    created_at: datetime
    disabled_at: datetime | None
    is_owner: bool


Scope = Annotated[Right, Field(description="read, issues, spawn, plans or admin")]


class NewToken(Shape):
    """A token to make; without `expires_in_days` it lives until it is revoked."""

    name: Name
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class ApiToken(Shape):
    """A token as it is listed: never its secret."""

    id: UUID
    name: str
    scopes: list[Right]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class MadeToken(ApiToken):
    """A token just made: the one moment its secret is shown."""

    token: str


class AuditRow(Shape):
    """One change of state, policy, token or decision: who, what, when, from where, before and after."""

    id: int
    at: datetime
    actor: Actor
    address: str | None
    action: str
    subject: str
    before: dict[str, object] | None
    after: dict[str, object] | None
