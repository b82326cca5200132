"""Why somebody is not let in."""

from dispatch.kit.errors import BadInput, Conflict, NotAllowed, NotFound, NotSignedIn, TooMany, Unavailable


class WrongPassword(NotSignedIn):
    """That name and password do not belong together."""


class WrongToken(NotSignedIn):
    """This key or token is not valid, or no longer."""


class TooManyAttempts(TooMany):
    """Too many wrong passwords. Wait a moment, then try again."""


class SignInClosed(Unavailable):
    """Nobody can sign in as the owner until DISPATCH_PASSWORD is set."""


class MissingRight(NotAllowed):
    """You may not do this."""


class NoSuchPerson(NotFound):
    """There is no such person."""


class NoSuchToken(NotFound):
    """There is no such token."""


class NameTaken(Conflict):
    """Somebody has this name already."""


class OwnerStays(Conflict):
    """The owner signs in with DISPATCH_PASSWORD and stays an admin."""


class NotYourScope(NotAllowed):
    """A token cannot be given a right that its maker does not have."""


class WrongTicket(NotSignedIn):
    """This ticket is used up, too old, or was never made. Ask for another."""


class BadScope(BadInput):
    """A token's scopes are read, issues, spawn, plans and admin."""
