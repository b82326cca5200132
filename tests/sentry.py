"""Sentry's side of the webhooks' door: what an internal integration sends, signed as it signs."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import hooks

SECRET = "a secret that Sentry knows"
STARTED = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
SENTRY = {"type": "application", "id": "sentry", "name": "Sentry"}
GRACE = {"type": "user", "id": 7, "name": "Grace"}
ISSUE_ID = "1170820242"
FRAMES = [
    {"filename": "/usr/lib/python3.11/site-packages/flask/app.py", "function": "dispatch_request", "lineno": 1950, "in_app": False},
    {
        "filename": "shop/billing.py",
        "function": "charge",
        "lineno": 142,
        "colno": 7,
        "in_app": True,
        "context_line": "    raise CardDeclined(code)",
    },
]


def at(minutes: float = 0) -> str:
    """A moment as Sentry writes it, so many minutes after an hour ago."""
    return (STARTED + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.677000Z")


def issue(issue_id: str = ISSUE_ID, *, minutes: float = 0, count: int | str = 1, substatus: str = "new", **more: Any) -> dict[str, Any]:
    """One of Sentry's issues, seen last so many minutes after an hour ago."""
    return {
        "url": f"https://sentry.io/api/0/organizations/acme/issues/{issue_id}/",
        "web_url": f"https://acme.sentry.io/issues/{issue_id}/",
        "project_url": "https://acme.sentry.io/issues/?project=1",
        "id": issue_id,
        "shortId": "SHOP-1",
        "title": "CardDeclined: card_declined",
        "culprit": "charge-customer",
        "permalink": f"https://acme.sentry.io/issues/{issue_id}/",
        "level": "error",
        "status": "unresolved",
        "statusDetails": {},
        "substatus": substatus,
        "platform": "python",
        "project": {"id": "1", "name": "Shop", "slug": "shop", "platform": "python"},
        "type": "error",
        "metadata": {"type": "CardDeclined", "value": "card_declined", "filename": "shop/billing.py", "function": "charge"},
        "issueType": "error",
        "issueCategory": "error",
        "priority": None,
        "assignedTo": None,
        "count": str(count),
        "userCount": 3,
        "firstSeen": at(),
        "lastSeen": at(minutes),
    } | more


def event(
    event_id: str = "e4874d664c3540c1a32eab185f12c5ab", *, issue_id: str = ISSUE_ID, minutes: float = 0, **more: Any
) -> dict[str, Any]:
    """One event of one of Sentry's issues."""
    return {
        "event_id": event_id,
        "project": 1,
        "release": "shop@1.4.2",
        "platform": "python",
        "message": "",
        "datetime": at(minutes),
        "title": "CardDeclined: card_declined",
        "culprit": "charge-customer",
        "level": "error",
        "type": "error",
        "metadata": {"type": "CardDeclined", "value": "card_declined", "filename": "shop/billing.py", "function": "charge"},
        "exception": {"values": [{"type": "CardDeclined", "value": "card_declined", "stacktrace": {"frames": FRAMES}}]},
        "tags": [["environment", "production"], ["release", "shop@1.4.2"], ["org_id", "org_7"], ["level", "error"]],
        "user": {"id": "u_1", "email": "ada@example.com", "ip_address": "203.0.113.7"},
        "url": f"https://sentry.io/api/0/projects/acme/shop/events/{event_id}/",
        "web_url": f"https://acme.sentry.io/issues/{issue_id}/events/{event_id}/",
        "issue_url": f"https://sentry.io/api/0/organizations/acme/issues/{issue_id}/",
        "issue_id": issue_id,
    } | more


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def deliver(resource: str, body: Any, *, raw: bytes | None = None, secret: str = SECRET, **headers: str) -> hooks.Answer:
    """The body has been delivered, signed with the secret."""
    content = json.dumps(body, ensure_ascii=False).encode() if raw is None else raw
    given = {
        "content-type": "application/json",
        "request-id": "4b8f1b6a0e3f4f0c9c1e5d3c3a5f9b1d",
        "sentry-hook-resource": resource,
        "sentry-hook-timestamp": "1700000000",
        "sentry-hook-signature": sign(content, secret),
    }
    return hooks.post(content, given | headers, path="/api/sentry/webhook", as_base64=True)


def tell_issue(action: str, *, actor: dict[str, Any] = SENTRY, **more: Any) -> hooks.Answer:
    """An `issue` webhook has been delivered."""
    body = {"action": action, "actor": actor, "data": {"issue": issue(**more)}, "installation": {"uuid": "a8e5d37a"}}
    return deliver("issue", body)


def tell_event(resource: str = "event_alert", **more: Any) -> hooks.Answer:
    """An `event_alert` or `error` webhook has been delivered."""
    data = {"event": event(**more), "triggered_rule": "Every error"} if resource == "event_alert" else {"error": event(**more)}
    action = "triggered" if resource == "event_alert" else "created"
    return deliver(resource, {"action": action, "actor": SENTRY, "data": data, "installation": {"uuid": "a8e5d37a"}})
