"""The webhooks' door. A source that has no secret configured is closed, never open."""

import json
from typing import Any

SOURCES = ("github", "sentry", "loki", "slack")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers a webhook. No source is configured to be taken yet, and each says so: 503, so that its sender tries again."""
    source = event["rawPath"].removeprefix("/api/").removesuffix("/webhook")
    if source not in SOURCES:
        return _problem(404, "There is no such webhook.")
    return _problem(503, f"No secret is configured for {source}, so its webhook is closed.")


def _problem(status: int, detail: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/problem+json"},
        "body": json.dumps({"type": "about:blank", "title": detail, "status": status, "detail": detail}),
    }
