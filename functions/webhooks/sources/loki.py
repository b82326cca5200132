"""Grafana's and Alertmanager's webhooks, which are also how Loki's ruler speaks: a bearer secret. What they mean is not known here."""

import uuid
from collections.abc import Mapping
from typing import Any

from dispatch import intake
from dispatch.deliveries import NewDelivery
from dispatch.kit.errors import BadInput, NotSignedIn, Unavailable
from dispatch.kit.settings import settings
from functions.webhooks.sources.reading import active, bound, id_of, is_one_of, parse_object
from functions.webhooks.sources.shapes import Source

MOST_MB = 1
MOST_ALERTS = 500  # handled together, in the 30 seconds that a request has, though all of them be new
EXPECTS = (
    "Alerts by POST, as JSON, with `Authorization: Bearer SECRET`: from a webhook contact point of Grafana's unified alerting, or from a "
    "webhook receiver of Prometheus Alertmanager, which is also where Loki's ruler sends. How to set it up: docs/errors.md."
)


class NoSecret(Unavailable):
    """No secret is configured for alerts, so their webhook is closed. Set LOKI_WEBHOOK_SECRET."""


class WrongSecret(NotSignedIn):
    """That is not the secret that is configured here. Send it as `Authorization: Bearer SECRET`."""


class NoAlerts(BadInput):
    """The body has no list `alerts`. Grafana's unified alerting and Alertmanager send one; older kinds of alerts are not taken."""


class TooManyAlerts(BadInput):
    """One delivery brings at most 500 alerts. Group them by more labels, or set `max_alerts` where they are sent."""


def read_delivery(headers: Mapping[str, str], body: bytes) -> NewDelivery:
    """What was reported, if the sender has the secret. Raises NoSecret, WrongSecret, TooLarge, BadInput."""
    bound(body, most_mb=MOST_MB)
    _verify(headers.get("authorization", ""))
    parsed = parse_object(body)
    alerts = parsed.get("alerts")
    if not isinstance(alerts, list):
        raise NoAlerts
    if len(alerts) > MOST_ALERTS:
        raise TooManyAlerts
    delivery_id = id_of(body) if all(map(_has_identity, alerts)) else uuid.uuid4().hex  # without one, every report counts
    return NewDelivery(source="loki", id=delivery_id, event=_sender(parsed), body=parsed)


def _verify(authorization: str) -> None:
    secrets = _secrets()
    if not secrets:
        raise NoSecret
    scheme, _, given = authorization.partition(" ")
    if not is_one_of(given.strip(), secrets) or scheme.lower() != "bearer":
        raise WrongSecret


def _secrets() -> list[str]:
    own = settings().loki_webhook_secret
    if own.get_secret_value():
        return active(own)
    key = settings().dispatch_api_key.get_secret_value()
    return [key] if key else []


def _has_identity(alert: Any) -> bool:
    return isinstance(alert, dict) and bool(alert.get("fingerprint") and alert.get("startsAt"))


def _sender(parsed: Mapping[str, Any]) -> str:
    """Both speak one format; Alertmanager calls its own version 4 and knows no organisations."""
    return "alertmanager" if str(parsed.get("version")) == "4" and "orgId" not in parsed else "grafana"


SOURCE = Source(expects=EXPECTS, read=read_delivery, hear=intake.hear_alerts)
