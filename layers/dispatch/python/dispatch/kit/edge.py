"""The edge: in the cloud CloudFront stands before the HTTP API, and shows a key. Whoever goes round it is refused; a laptop has none."""

import hmac
import json
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from dispatch.kit.errors import DispatchError, NotAllowed
from dispatch.kit.settings import settings

KEY, VIEWER = "x-dispatch-edge-key", "x-dispatch-viewer"  # headers; CloudFront writes over whatever a stranger puts there

Handler = Callable[[dict[str, Any], Any], Any]


class NotThroughTheEdge(NotAllowed):
    """This is not where Dispatch is reached. Use its public address."""


def behind_edge(handler: Handler) -> Handler:
    """What comes through the edge is handled as if it came from the viewer's own address; everything else is refused."""

    @wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> Any:
        try:
            passed_on = _look_at(event)
        except DispatchError as refusal:
            return _problem(refusal)
        return handler(passed_on, context)

    return handle


def _look_at(event: dict[str, Any]) -> dict[str, Any]:
    keys = [key for key in settings().edge_key.get_secret_value().split(",") if key]
    headers: Mapping[str, str] = event.get("headers") or {}
    if not keys:
        return event
    fits = [hmac.compare_digest(headers.get(KEY, "").encode(), key.encode()) for key in keys]
    if not any(fits):
        raise NotThroughTheEdge
    asked = event["requestContext"]
    http = asked["http"] | {"sourceIp": headers.get(VIEWER) or asked["http"]["sourceIp"]}
    kept = {name: value for name, value in headers.items() if name not in {KEY, VIEWER}}
    return event | {"headers": kept, "requestContext": asked | {"http": http}}


def _problem(refusal: DispatchError) -> dict[str, Any]:
    title = HTTPStatus(refusal.status).phrase
    body = {"type": "about:blank", "title": title, "status": refusal.status, "detail": refusal.sentence, "code": refusal.code}
    return {"statusCode": refusal.status, "headers": {"content-type": "application/problem+json"}, "body": json.dumps(body)}
