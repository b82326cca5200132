"""Events as AWS sends them, by its documentation."""

import base64
import json
import time
import uuid
from typing import Any
from urllib.parse import parse_qsl, unquote

Event = dict[str, Any]
TEXTS = ("text/", "application/json", "application/xml", "application/javascript")


def http(method: str, path: str, body: bytes = b"", *, headers: dict[str, str] | None = None, cookie: str = "") -> Event:
    """An HTTP API's request, payload format 2.0."""
    raw_path, _, query = path.partition("?")
    given = {"host": "dispatch.example.com", "content-type": "application/json"} | (headers or {})
    event: Event = {
        "version": "2.0",
        "routeKey": "ANY /api/{proxy+}",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": given
        | ({"content-length": str(len(body))} if body else {})
        | {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": given["host"],
            "domainPrefix": given["host"].partition(".")[0],
            "http": {"method": method, "path": unquote(raw_path), "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"},
            "requestId": uuid.uuid4().hex,
            "routeKey": "ANY /api/{proxy+}",
            "stage": "$default",
            "time": "22/Nov/2026:15:01:00 +0000",
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookie:
        event["cookies"] = cookie.split("; ")
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
    if body:
        event |= _body(body, given["content-type"])
    return event


def _body(body: bytes, kind: str) -> Event:
    """Text as it is, everything else in base64."""
    try:
        if kind.startswith(TEXTS):
            return {"body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def socket(route: str, connection: str, *, body: str | None = None, ticket: str | None = None) -> Event:
    """A WebSocket API's event: `$connect`, `$default` or `$disconnect`."""
    kind = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}.get(route, "MESSAGE")
    event: Event = {
        "requestContext": {
            "routeKey": route,
            "eventType": kind,
            "connectionId": connection,
            "connectedAt": int(time.time() * 1000),
            "domainName": "sockets.execute-api.us-east-1.amazonaws.com",
            "stage": "live",
            "apiId": "sockets",
            "requestId": uuid.uuid4().hex,
            "requestTimeEpoch": int(time.time() * 1000),
            "messageDirection": "IN",
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "test"},
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = body
    if ticket is not None:
        event["queryStringParameters"] = {"ticket": ticket}
    return event


def messages(queue: str, *bodies: str) -> Event:
    """What an event source mapping brings from SQS."""
    records = [
        {
            "messageId": str(uuid.uuid4()),
            "receiptHandle": "handle",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": "a-group"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
            "awsRegion": "us-east-1",
        }
        for body in bodies
    ]
    return {"Records": records}


def read(answer: Event) -> Any:
    """The body of a function's answer to a request."""
    text = answer.get("body") or ""
    text = base64.b64decode(text).decode() if answer.get("isBase64Encoded") else text
    return json.loads(text) if "json" in answer["headers"].get("content-type", "") else text
