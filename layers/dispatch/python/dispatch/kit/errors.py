"""The tree of refusals. A class's docstring is the sentence a person reads; its status is what HTTP says.

DispatchError
  BadInput            422   what was sent cannot be taken as it is
  NotSignedIn         401
  NotAllowed          403
  NotFound            404
  Conflict            409   it clashes with how things stand now
    StaleClaim        409
  TooLarge            413
  TooMany             429   a limit holds
  Unavailable         503   something we need does not answer
"""

import re
from typing import Any, ClassVar


class DispatchError(Exception):
    """Something went wrong on our side."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "dispatch_error"

    def __init__(self, sentence: str | None = None, **facts: Any) -> None:
        """`sentence` replaces the docstring for the reader; `facts` go along with the answer (never a secret)."""
        self.sentence = sentence or (type(self).__doc__ or "").strip()
        self.facts = facts
        super().__init__(self.sentence)

    def __init_subclass__(cls) -> None:
        """A refusal's code is its name in the wire's spelling (`StaleClaim` is `stale_claim`), unless it says another."""
        if "code" not in vars(cls):
            cls.code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


class BadInput(DispatchError):
    """What was sent cannot be taken as it is."""

    status = 422


class NotSignedIn(DispatchError):
    """Sign in first."""

    status = 401


class NotAllowed(DispatchError):
    """You may not do this."""

    status = 403


class NotFound(DispatchError):
    """There is no such thing."""

    status = 404


class Conflict(DispatchError):
    """This clashes with how things stand now."""

    status = 409


class StaleClaim(Conflict):
    """This run is no longer yours: it ended, or another claim took its place. Stop the agent."""


class TooLarge(DispatchError):
    """That is more than can be taken at once."""

    status = 413


class TooMany(DispatchError):
    """A limit holds. Try again later."""

    status = 429


class Unavailable(DispatchError):
    """Something this needs does not answer. Try again soon."""

    status = 503
