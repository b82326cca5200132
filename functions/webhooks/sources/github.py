"""GitHub's webhooks: signed with HMAC-SHA256 over the raw body. What they mean is not known here."""

from collections.abc import Mapping
from typing import Any

from dispatch import verification
from dispatch.deliveries import NewDelivery
from dispatch.kit.errors import BadInput, DispatchError, NotSignedIn, Unavailable
from dispatch.kit.settings import settings
from functions.webhooks.sources.reading import active, bound, is_one_of, parse_object, signatures
from functions.webhooks.sources.shapes import Source

MOST_MB = 25  # GitHub sends no more
EXPECTS = (
    "GitHub's webhooks, by POST, as application/json, signed with HMAC-SHA256 in X-Hub-Signature-256. "
    f"It hears {', '.join(sorted(verification.GITHUB_EVENTS))}."
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
    bound(body, most_mb=MOST_MB)
    _verify(headers.get("x-hub-signature-256", ""), body)
    delivery_id, event = headers.get("x-github-delivery", "").strip(), headers.get("x-github-event", "").strip()
    if not (0 < len(delivery_id) <= 200 and 0 < len(event) <= 100):
        raise BadInput("A delivery has X-GitHub-Delivery and X-GitHub-Event.")
    parsed = _parse(headers.get("content-type", ""), body)
    is_heard = event in verification.GITHUB_EVENTS  # of what nobody hears, that it came is all that is kept
    return NewDelivery(source="github", id=delivery_id, event=event, body=parsed if is_heard else {})


def _verify(signature: str, body: bytes) -> None:
    secrets = active(settings().github_webhook_secret)
    if not secrets:
        raise NoSecret
    if not is_one_of(signature, [f"sha256={one}" for one in signatures(secrets, body)]):
        raise WrongSignature


def _parse(content_type: str, body: bytes) -> dict[str, Any]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise NotJson
    return parse_object(body)


SOURCE = Source(expects=EXPECTS, read=read_delivery, hear=verification.hear_github)
