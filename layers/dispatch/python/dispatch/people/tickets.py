"""Socket tickets: a browser cannot send a header with a WebSocket, so it brings a ticket that opens one socket, once, soon."""

from datetime import datetime, timedelta

from dispatch.kit.ids import hash_token, new_token
from dispatch.kit.settings import settings
from dispatch.kit.shapes import Shape
from dispatch.kit.work import Work
from dispatch.people import token_store
from dispatch.people.errors import WrongTicket
from dispatch.people.shapes import Caller

TICKET_LIFE = timedelta(seconds=60)


class Ticket(Shape):
    """Connect to `url` with `?ticket=` before it expires."""

    ticket: str
    url: str
    expires_at: datetime


def make_ticket(work: Work, caller: Caller) -> Ticket:
    """A ticket exists that opens one socket with the caller's rights within a minute."""
    secret, expires_at = new_token("dpw"), work.now + TICKET_LIFE
    token_store.insert_ticket(work.conn, hash_token(secret), caller=caller.model_dump_json(), now=work.now, expires_at=expires_at)
    return Ticket(ticket=secret, url=settings().sockets_url, expires_at=expires_at)


def take_ticket(work: Work, ticket: str) -> Caller:
    """Whose ticket it was; it opens nothing any more. Raises WrongTicket."""
    caller = token_store.take_ticket(work.conn, hash_token(ticket), now=work.now)
    if caller is None:
        raise WrongTicket
    return Caller.model_validate(caller)
