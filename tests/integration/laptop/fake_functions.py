"""Small handlers behind real doors: they answer what they were given, or do what the event asks for."""

import asyncio
import json
import threading
import time
from collections import defaultdict
from typing import Any

SEEN: dict[str, list[Any]] = defaultdict(list)  # by test; the doors and the test share this process
LOCK = threading.Lock()


def see(key: str, value: Any) -> None:
    with LOCK:
        SEEN[key].append(value)


def api(event: dict[str, Any], context: Any) -> Any:
    path = event["rawPath"]
    if path == "/api/fails":
        raise RuntimeError("on purpose")
    if path == "/api/slow":
        time.sleep(3)
    if path == "/api/loop":
        asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))
    if path == "/api/plain":
        return {"plain": True}
    if path == "/api/binary":
        return {"statusCode": 200, "headers": {"content-type": "image/png"}, "body": "iVBORw==", "isBase64Encoded": True}
    if path == "/api/cookies":
        return {"statusCode": 204, "headers": {"x-one": "1"}, "cookies": ["a=1; HttpOnly", "b=2"]}
    if path == "/api/large":
        return {"statusCode": 200, "body": "x" * (7 * 1024 * 1024)}
    echo = {"event": event, "remaining_ms": context.get_remaining_time_in_millis(), "request": context.aws_request_id}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(echo)}


def webhooks(event: dict[str, Any], context: Any) -> Any:
    return {"statusCode": 202, "body": "webhooks"}


def sockets(event: dict[str, Any], context: Any) -> Any:
    told = event["requestContext"]
    key = event.get("queryStringParameters", {}).get("key")
    see("sockets", (told["eventType"], told["connectionId"], event))
    if told["eventType"] == "CONNECT" and key == "refused":
        return {"statusCode": 401, "body": '{"detail": "this ticket is spent"}'}
    if told["eventType"] == "CONNECT" and key == "broken":
        raise RuntimeError("on purpose")
    if event.get("body") == "fail":
        raise RuntimeError("on purpose")
    return {"statusCode": 200}


def turns(event: dict[str, Any], context: Any) -> Any:
    for record in event["Records"]:
        told = json.loads(record["body"])
        see(told["test"], ("begin", told["n"], record["attributes"]["MessageGroupId"], time.monotonic()))
        time.sleep(told.get("takes", 0))
        see(told["test"], ("end", told["n"], record["attributes"]["MessageGroupId"], time.monotonic()))


def spawner(event: dict[str, Any], context: Any) -> Any:
    failures = []
    for record in event["Records"]:
        told = json.loads(record["body"])
        see(told["test"], (told["n"], time.monotonic(), int(record["attributes"]["ApproximateReceiveCount"]), record))
        if told["n"] == "bad":
            failures.append({"itemIdentifier": record["messageId"]})
        if told["n"] == "raise" and record["attributes"]["ApproximateReceiveCount"] == "1":
            raise RuntimeError("on purpose")
    return {"batchItemFailures": failures}


def verifier(event: dict[str, Any], context: Any) -> Any:
    see("schedules", event)
