"""Sentry's webhooks: signed with HMAC-SHA256 over the raw body. What they mean is not known here."""

import re
from collections.abc import Mapping
from typing import Any

from dispatch import intake
from dispatch.deliveries import NewDelivery
from dispatch.kit.errors import BadInput, NotSignedIn, Unavailable
from dispatch.kit.settings import settings
from functions.webhooks.sources.reading import active, bound, id_of, is_one_of, parse_object, signatures
from functions.webhooks.sources.shapes import Source

MOST_MB = 1
WORD = re.compile(r"[a-z_]{1,40}")
EXPECTS = (
    "Sentry's webhooks, by POST, as JSON, from an internal integration, signed with HMAC-SHA256 in Sentry-Hook-Signature. "
    f"It hears {', '.join(sorted(intake.SENTRY_RESOURCES))}. How to set it up: docs/errors.md."
)


class NoSecret(Unavailable):
    """No secret is configured for Sentry, so its webhook is closed. Set SENTRY_CLIENT_SECRET."""


class WrongSignature(NotSignedIn):
    """The signature is not that of this body. Is the integration's client secret the one that is configured here?"""


def read_delivery(headers: Mapping[str, str], body: bytes) -> NewDelivery:
    """What Sentry reports, if it is Sentry. Raises NoSecret, WrongSignature, TooLarge, BadInput.

    Its Request-ID is a new one each time it sends, and no header is signed: the body says whether this is the same delivery.
    """
    bound(body, most_mb=MOST_MB)
    _verify(headers.get("sentry-hook-signature", ""), body)
    resource = headers.get("sentry-hook-resource", "").strip()
    if not WORD.fullmatch(resource):
        raise BadInput("A delivery has Sentry-Hook-Resource.")
    parsed = parse_object(body)
    is_heard = resource in intake.SENTRY_RESOURCES  # of what nobody hears, that it came is all that is kept
    return NewDelivery(source="sentry", id=id_of(body, of=resource), event=_event(resource, parsed), body=parsed if is_heard else {})


def _verify(signature: str, body: bytes) -> None:
    secrets = active(settings().sentry_client_secret)
    if not secrets:
        raise NoSecret
    if not is_one_of(signature, signatures(secrets, body)):
        raise WrongSignature


def _event(resource: str, parsed: Mapping[str, Any]) -> str:
    action = parsed.get("action")
    return f"{resource}.{action}" if isinstance(action, str) and WORD.fullmatch(action) else resource


SOURCE = Source(expects=EXPECTS, read=read_delivery, hear=intake.hear_sentry)
