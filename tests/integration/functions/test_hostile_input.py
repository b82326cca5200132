"""Hostile input at every route: whatever is sent, it is refused or taken; never a 5xx, never an answer that cannot be read."""

import json
import random
import re
from urllib.parse import quote

import pytest

from functions.api.app import create_app

NOWHERE = "0192ab34-0000-7000-8000-000000000000"
WORDS = [
    "\0",
    "a\0b",
    "'; DROP TABLE issue; --",
    "..%2f..%2fetc%2fpasswd",
    "DISPATCH-99999999999999999999",
    "-1",
    "9223372036854775808",
    "1e400",
    "NaN",
    "x" * 5_000,
    "\u202e\U0001f600\x1b[31m",
    "\ufffe\ud7ff",
    "%",
    "{}",
    "null",
    " ",
]
NUMBERS = [0, -1, 1, 2**31, 2**63 - 1, 2**63, 10**30, 1.5, 1e308, 0.0000001]
OTHERS = [None, True, [], {}, [[]], ["x"] * 200, "\ud800", ""]


class Sender:
    """Makes input that fits a route's description, but for a hostile part here and there."""

    def __init__(self, seed: int, known: list[str]) -> None:
        self.chance = random.Random(seed)
        self.known = known
        self.spec = create_app().openapi()

    def path(self, path: str) -> str:
        words = [*self.known * 4, NOWHERE, *WORDS]
        return re.sub(r"\{[^}]+\}", lambda _: self.chance.choice(words).replace("/", "").replace("?", ""), path)

    def query(self, operation) -> str:
        names = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
        return "&".join(f"{name}={quote(self.chance.choice(WORDS))}" for name in names if self.chance.random() < 0.3)

    def body(self, operation) -> bytes | None:
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return None
        return json.dumps(self.value(content["application/json"]["schema"])).encode()

    def value(self, schema):
        if self.chance.random() < 0.03:
            return self.chance.choice([*WORDS, *NUMBERS, *OTHERS])
        if "$ref" in schema:
            return self.value(self.spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]])
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self.value(self.chance.choice(choices))
        if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
            return self.chance.choice(choices)
        return self.of_type(schema)

    def of_type(self, schema):
        match schema.get("type"):
            case "object" if "properties" in schema:
                needed = set(schema.get("required", []))
                return {
                    name: self.value(part) for name, part in schema["properties"].items() if name in needed or self.chance.random() < 0.6
                }
            case "object":
                return {self.chance.choice(WORDS): self.chance.choice([*WORDS, *NUMBERS, *OTHERS])}
            case "array":
                return [self.value(schema.get("items", {})) for _ in range(max(1, schema.get("minItems", 1)))]
            case "integer" | "number":
                return self.chance.choice([*NUMBERS, 1, 1, 1, 1])
            case "boolean":
                return self.chance.random() < 0.5
            case "null":
                return None
            case "string":
                return self.word(schema)
            case _:
                return self.chance.choice([*WORDS, *NUMBERS, *OTHERS])

    def word(self, schema) -> str:
        match schema.get("format"):
            case "uuid":
                return self.chance.choice([NOWHERE, *self.known])
            case "date-time":
                return self.chance.choice(["2026-11-22T15:01:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-12:00"])
        word = self.chance.choice([*WORDS, "plain words"])
        return (word * schema.get("minLength", 1))[: schema.get("maxLength", 10_000)]


@pytest.mark.parametrize("seed", range(4))
def test_no_route_fails_on_hostile_input(machine, queues, seed):
    issue = machine.post("/api/issues", {"title": "Orders are wrong"}).json
    chat = machine.post("/api/chats", {}).json
    run = (machine.post(f"/api/issues/{issue['id']}/spawn", {"workflow": "prd-investigate"}).json or {}).get("run_id") or NOWHERE
    sender = Sender(seed, [issue["id"], issue["identifier"].lower(), chat["id"], run])
    failures: list[str] = []

    for path, operations in sender.spec["paths"].items():
        for method, operation in operations.items():
            for _ in range(6):
                target, raw = f"{sender.path(path)}?{sender.query(operation)}", sender.body(operation)
                answer = machine.call(method.upper(), target, raw=raw)
                if (answer.status >= 500 and not is_unset(answer)) or not is_readable(answer):
                    failures.append(f"{method} {target!r} {str(raw)[:300]} -> {answer.status} {answer.text[:200]}")

    assert failures == []


def is_unset(answer) -> bool:
    """What this instance is not connected to is said so, whatever was asked of it."""
    return answer.status == 503 and answer.json["code"] == "not_connected"


def is_readable(answer) -> bool:
    """JSON, the plain text of a download, or nothing where nothing is promised."""
    if answer.status == 204:
        return answer.text == ""
    if "json" in answer.headers.get("content-type", ""):
        json.loads(answer.text)
        return True
    return answer.status < 300
