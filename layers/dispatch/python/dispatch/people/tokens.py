"""Keys that machines carry: DISPATCH_API_KEY, and named API tokens with scopes."""

import hmac
from datetime import timedelta
from uuid import UUID

from dispatch import stream
from dispatch.kit.ids import hash_token, new_id, new_token
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.people import token_store
from dispatch.people.auditing import audit_by
from dispatch.people.errors import BadScope, NoSuchToken, NotYourScope
from dispatch.people.shapes import MACHINE_RIGHTS, ApiToken, Caller, CallerKind, MadeToken, NewToken, Right


def create_token(work: Work, new: NewToken, *, caller: Caller) -> MadeToken:
    """The token is made; this is the one time its secret is shown. Nobody gives a right they do not have themselves."""
    if Right.AGENT in new.scopes:
        raise BadScope
    if not new.scopes <= caller.rights:
        raise NotYourScope
    secret = new_token("dpt")
    made = MadeToken(
        id=new_id(),
        name=new.name,
        scopes=sorted(new.scopes),
        created_at=work.now,
        expires_at=work.now + timedelta(days=new.expires_in_days) if new.expires_in_days else None,
        revoked_at=None,
        token=secret,
    )
    token_store.insert_token(work.conn, made, token_hash=hash_token(secret), created_by=caller.person_id)
    audit_by(
        work, caller, "token.created", f"token:{made.id}", after={"name": made.name, "scopes": made.scopes, "expires_at": made.expires_at}
    )
    return made


def list_tokens(work: Work) -> list[ApiToken]:
    """Every token ever made, newest first, without its secret."""
    return token_store.list_tokens(work.conn)


def revoke_token(work: Work, token_id: UUID, *, caller: Caller) -> ApiToken:
    """The token opens nothing any more, and the sockets it opened are ended. Raises NoSuchToken."""
    token = token_store.revoke_token(work.conn, token_id, now=work.now)
    if token is None:
        raise NoSuchToken
    stream.disconnect_caller(work, token_id=token_id)
    audit_by(work, caller, "token.revoked", f"token:{token.id}", before={"name": token.name, "scopes": token.scopes})
    return token


def find_token_caller(work: Work, token: str, *, address: str | None = None) -> Caller | None:
    """Who carries this key: a machine with DISPATCH_API_KEY, or a named token that is still good; else None."""
    key = settings().dispatch_api_key.get_secret_value()
    if key and hmac.compare_digest(hash_token(token), hash_token(key)):
        return Caller(kind=CallerKind.MACHINE, name="API key", rights=MACHINE_RIGHTS, address=address)
    found = token_store.find_token(work.conn, hash_token(token), now=work.now)
    if found is None:
        return None
    return Caller(kind=CallerKind.TOKEN, name=found.name, rights=frozenset(found.scopes), token_id=found.id, address=address)
