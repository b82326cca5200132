"""The webhooks' door: verify and read at the source, keep and handle in `deliveries`, answer. A source without a secret is closed."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from dispatch import deliveries
from dispatch.kit.edge import behind_edge
from dispatch.kit.errors import BadInput, DispatchError
from dispatch.kit.log import logger, watched
from functions.webhooks.sources import SOURCES

TO_COME = ("slack",)


@watched
@behind_edge
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers a webhook: 200 means done, and whatever is not done is answered so that the sender knows, and tries again."""
    name = event["rawPath"].rstrip("/").removeprefix("/api/").removesuffix("/webhook")
    if name not in SOURCES:
        closed = f"No secret is configured for {name}, so its webhook is closed."
        return _problem(503, closed) if name in TO_COME else _problem(404, "There is no such webhook.")
    method = event["requestContext"]["http"]["method"]
    if method in {"GET", "HEAD"}:
        return _answer(200, {"webhook": name, "expects": SOURCES[name].expects})
    return _take(name, event) if method == "POST" else _problem(405, f"{method} does nothing here.")


def _take(name: str, event: Mapping[str, Any]) -> dict[str, Any]:
    headers = {key.lower(): value for key, value in event.get("headers", {}).items()}
    source = SOURCES[name]
    try:
        return _answer(200, {"answer": deliveries.take(source.read(headers, _body(event)), source.hear)})
    except DispatchError as refusal:
        return _problem(refusal.status, refusal.sentence)
    except Exception:  # noqa: BLE001 - the door: it is kept, if it came so far, and a sweep tries it again
        logger.exception("a delivery could not be handled", source=name, trace_id=event["requestContext"].get("requestId"))
        return _problem(500, "Something went wrong on our side. What was delivered is kept, and tried again.")


def _body(event: Mapping[str, Any]) -> bytes:
    given = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return given.encode()
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("The body cannot be read.") from error


def _problem(status: int, detail: str) -> dict[str, Any]:
    return _answer(status, {"type": "about:blank", "title": detail, "status": status, "detail": detail}, kind="application/problem+json")


def _answer(status: int, body: Any, *, kind: str = "application/json") -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": kind, "cache-control": "no-store"}, "body": json.dumps(body)}
