"""Signing in and out: passwords, sessions, and the pause after too many wrong ones."""

import hmac
import math
from datetime import datetime, timedelta
from functools import cache

from dispatch.kit.ids import hash_token, new_id, new_token
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.people import store
from dispatch.people.errors import SignInClosed, TooManyAttempts, WrongPassword
from dispatch.people.shapes import RIGHTS, Caller, CallerKind, Person, PersonRow

SESSION_LENGTH = timedelta(days=7)
ATTEMPTS = 5  # in ATTEMPTS_WITHIN, for one address on one account
ATTEMPTS_WITHIN = timedelta(minutes=1)
OWNER = "owner"


def note_attempt(work: Work, *, name: str | None, address: str) -> None:
    """The attempt is counted, before its password is looked at, in a work of its own: guesses made at once are counted too.

    Raises TooManyAttempts, with `retry_after_s`, where this address failed on this account five times within a minute.
    """
    account = _account(name)
    store.hold_account(work.conn, address, account)
    recent = store.recent_attempts(work.conn, address, account, since=work.now - ATTEMPTS_WITHIN)
    if len(recent) >= ATTEMPTS:
        raise TooManyAttempts(retry_after_s=_pause(recent, work.now))
    store.insert_attempt(work.conn, address, account, now=work.now)


def sign_in(work: Work, password: str, *, name: str | None, address: str) -> tuple[Person, str]:
    """A session is open for the person; returns them and the secret their cookie keeps. Raises WrongPassword, SignInClosed.

    Without a name it is the owner, whose password is DISPATCH_PASSWORD. `note_attempt` comes first.
    """
    person = _prove_owner(work, password) if _account(name) == OWNER else _prove_person(work, password, name or "")
    store.delete_attempts(work.conn, address, _account(name), before=work.now - ATTEMPTS_WITHIN)
    secret = new_token("dps")
    store.insert_session(work.conn, hash_token(secret), person_id=person.id, now=work.now, expires_at=work.now + SESSION_LENGTH)
    return Person(id=person.id, name=person.name, role=person.role), secret


def sign_out(work: Work, secret: str) -> None:
    """The session opens nothing any more."""
    store.revoke_session(work.conn, hash_token(secret), now=work.now)


def find_session_person(work: Work, secret: str) -> Person | None:
    """The person who is signed in with this session's secret, or None where it ended."""
    row = store.find_session_person(work.conn, hash_token(secret), now=work.now)
    return Person(id=row.id, name=row.name, role=row.role) if row else None


def find_session_caller(work: Work, secret: str, *, address: str | None = None) -> Caller | None:
    """Who is signed in with this session's secret, or None where it ended."""
    person = find_session_person(work, secret)
    if person is None:
        return None
    return Caller(kind=CallerKind.PERSON, name=person.name, rights=RIGHTS[person.role], person_id=person.id, address=address)


def ensure_owner(work: Work) -> PersonRow:
    """The owner is a person, an admin without a password of their own."""
    store.insert_owner(work.conn, new_id(), now=work.now)
    owner = store.find_owner(work.conn)
    if owner is None:
        raise SignInClosed("Somebody else is called owner, so the owner cannot be made.")
    return owner


def hash_password(password: str) -> str:
    """What is stored of a password: argon2id, with a salt of its own."""
    from argon2 import PasswordHasher  # the sockets read sessions too, and never hash

    return PasswordHasher().hash(password)


def _account(name: str | None) -> str:
    return (name or OWNER).strip().lower()[:80] or OWNER


def _pause(recent: list[datetime], now: datetime) -> int:
    """Seconds until the fifth attempt from the end is a minute old."""
    return max(1, math.ceil((recent[-ATTEMPTS] + ATTEMPTS_WITHIN - now).total_seconds()))


def _prove_owner(work: Work, password: str) -> PersonRow:
    expected = settings().dispatch_password.get_secret_value()
    if not expected:
        raise SignInClosed
    if not hmac.compare_digest(hash_token(password), hash_token(expected)):
        raise WrongPassword
    return ensure_owner(work)


def _prove_person(work: Work, password: str, name: str) -> PersonRow:
    person = store.find_person_by_name(work.conn, name.strip())
    # Nobody's hash takes as long to refuse as somebody's: the answer's time does not tell who exists.
    hashed = person.password_hash if person and person.password_hash else _nobodys_hash()
    if not _is_right(hashed, password) or person is None or person.disabled_at is not None:
        raise WrongPassword
    return person


def _is_right(hashed: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return hash_password(new_token("nobody"))
