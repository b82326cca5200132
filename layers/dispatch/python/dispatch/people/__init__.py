"""Who may do what: people with roles, their sessions, API tokens, socket tickets, and the audit of what they changed."""

from dispatch.people.auditing import audit, audit_by, list_audit
from dispatch.people.errors import MissingRight, TooManyAttempts, WrongPassword, WrongTicket, WrongToken
from dispatch.people.jobs import Job, is_job_token, read_job
from dispatch.people.service import change_person, create_person, list_people
from dispatch.people.shapes import (
    MACHINE_RIGHTS,
    RIGHTS,
    ApiToken,
    AuditRow,
    Caller,
    CallerKind,
    MadeToken,
    NewPerson,
    NewToken,
    Person,
    PersonChange,
    PersonDetails,
    Right,
    Role,
)
from dispatch.people.signing_in import (
    SESSION_LENGTH,
    ensure_owner,
    find_session_caller,
    find_session_person,
    note_attempt,
    sign_in,
    sign_out,
)
from dispatch.people.tickets import Ticket, make_ticket, take_ticket
from dispatch.people.tokens import create_token, find_token_caller, list_tokens, revoke_token
from dispatch.people.topics import check_topic

__all__ = [
    "MACHINE_RIGHTS",
    "RIGHTS",
    "SESSION_LENGTH",
    "ApiToken",
    "AuditRow",
    "Caller",
    "CallerKind",
    "Job",
    "MadeToken",
    "MissingRight",
    "NewPerson",
    "NewToken",
    "Person",
    "PersonChange",
    "PersonDetails",
    "Right",
    "Role",
    "Ticket",
    "TooManyAttempts",
    "WrongPassword",
    "WrongTicket",
    "WrongToken",
    "audit",
    "audit_by",
    "change_person",
    "check_topic",
    "create_person",
    "create_token",
    "ensure_owner",
    "find_session_caller",
    "find_session_person",
    "find_token_caller",
    "is_job_token",
    "list_audit",
    "list_people",
    "list_tokens",
    "make_ticket",
    "note_attempt",
    "read_job",
    "revoke_token",
    "sign_in",
    "sign_out",
    "take_ticket",
]
