"""GitHub's webhooks: signed with HMAC-SHA256 over the raw body. What they mean is not known here."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from dispatch import spawning
from dispatch.deliveries import NewDelivery
from dispatch.kit.errors import BadInput, DispatchError, NotSignedIn, TooLarge, Unavailable
from dispatch.kit.nesting import DEEPEST, is_too_deep
from dispatch.kit.settings import settings
from functions.webhooks.sources.shapes import Source

MOST_BYTES = 25 * 1024 * 1024  # GitHub sends no more
EXPECTS = (
    "GitHub's webhooks, by POST, as application/json, signed with HMAC-SHA256 in X-Hub-Signature-256. "
    f"It hears {', '.join(sorted(spawning.GITHUB_EVENTS))}."
)


class NoSecret(Unavailable):
    """No secret is configured for GitHub, so its webhook is closed. Set GITHUB_WEBHOOK_SECRET."""


class WrongSignature(NotSignedIn):
    """The signature is not that of this body. Is the webhook's secret the one that is configured here?"""


class NotJson(DispatchError):
    """Set the webhook's content type to application/json."""

    status = 415


def read_delivery(headers: Mapping[str, str], body: bytes) -> NewDelivery:
    """What GitHub reports, if it is GitHub. Raises NoSecret, WrongSignature, TooLarge, NotJson, BadInput."""
    if len(body) > MOST_BYTES:
        raise TooLarge("The body is too large: at most 25 MB.")
    _verify(headers.get("x-hub-signature-256", ""), body)
    delivery_id, event = headers.get("x-github-delivery", "").strip(), headers.get("x-github-event", "").strip()
    if not (0 < len(delivery_id) <= 200 and 0 < len(event) <= 100):
        raise BadInput("A delivery has X-GitHub-Delivery and X-GitHub-Event.")
    parsed = _parse(headers.get("content-type", ""), body)
    is_heard = event in spawning.GITHUB_EVENTS  # of what nobody hears, that it came is all that is kept
    return NewDelivery(source="github", id=delivery_id, event=event, body=parsed if is_heard else {})


def _verify(signature: str, body: bytes) -> None:
    """Every secret is tried, whichever fits, so that the time says nothing. Raises NoSecret, WrongSignature."""
    secrets = [secret.strip() for secret in settings().github_webhook_secret.get_secret_value().split(",") if secret.strip()]
    if not secrets:
        raise NoSecret
    given = signature.encode(errors="replace")
    fits = [hmac.compare_digest(given, _sign(secret, body)) for secret in secrets]
    if not any(fits):
        raise WrongSignature


def _sign(secret: str, body: bytes) -> bytes:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}".encode()


def _parse(content_type: str, body: bytes) -> dict[str, Any]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise NotJson
    if is_too_deep(body):
        raise BadInput(f"The body is nested more than {DEEPEST} deep.")
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise BadInput("The body is not JSON.") from error
    if not isinstance(parsed, dict):
        raise BadInput("The body is not an object.")
    return parsed


SOURCE = Source(expects=EXPECTS, read=read_delivery, hear=spawning.hear_github)
