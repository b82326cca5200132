"""Grafana's and Alertmanager's side of the webhooks' door: what they send, with the secret they were given."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import hooks

SECRET = "a secret that Grafana knows"
STARTED = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
NEVER = "0001-01-01T00:00:00Z"


def at(minutes: float = 0) -> str:
    """A moment as Alertmanager writes it, so many minutes after an hour ago."""
    return (STARTED + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.614863178Z")


def alert(fingerprint: str = "7d2d332feada5c59", *, status: str = "firing", minutes: float = 0, **more: Any) -> dict[str, Any]:
    """An alert of Alertmanager's. `labels` and `annotations` come on top of the usual ones, and None takes one away."""
    labels = {"alertname": "Errors", "source": "billing", "feature": "charge", "severity": "critical"} | more.pop("labels", {})
    annotations = {"msg": "Card declined"} | more.pop("annotations", {})
    return {
        "status": status,
        "labels": {name: value for name, value in labels.items() if value is not None},
        "annotations": {name: value for name, value in annotations.items() if value is not None},
        "startsAt": at(minutes),
        "endsAt": NEVER if status == "firing" else at(minutes + 30),
        "generatorURL": "http://prom.local/graph",
        "fingerprint": fingerprint,
    } | more


def group(*alerts: Any, **more: Any) -> dict[str, Any]:
    """What Alertmanager sends of a group of alerts."""
    return {
        "receiver": "dispatch",
        "status": "firing" if any(isinstance(one, dict) and one.get("status") == "firing" for one in alerts) else "resolved",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "Errors"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alerts.local",
        "version": "4",
        "groupKey": '{}:{alertname="Errors"}',
        "truncatedAlerts": 0,
    } | more


def deliver(body: Any, *, secret: str | None = SECRET, raw: bytes | None = None, **headers: str) -> hooks.Answer:
    """The body has been delivered, with the secret as its bearer."""
    given = {"content-type": "application/json", "user-agent": "Alertmanager/0.25.0"}
    if secret is not None:
        given["authorization"] = f"Bearer {secret}"
    content = json.dumps(body).encode() if raw is None else raw
    return hooks.post(content, given | headers, path="/api/loki/webhook", as_base64=True)


def tell(*alerts: Any, **more: Any) -> hooks.Answer:
    """Alertmanager has told of these alerts, as one group."""
    return deliver(group(*alerts, **more))
