"""Requests for every route that the API describes: with and without right, with a body that fits, and with one that does not."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

NOWHERE = "0192ab34-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Request:
    """One request, and in its name why it is made."""

    name: str
    method: str
    path: str
    body: bytes
    bearer: str | None


class Maker:
    """Makes them from the description; `known` gives what stands in a path's braces, `bearers` who asks."""

    def __init__(self, spec: dict[str, Any], known: dict[str, str], bearers: dict[str, str]) -> None:
        self._spec, self._known, self._bearers = spec, known, bearers

    def requests(self) -> Iterator[Request]:
        """Every route at least once without right, once with each, and with a bad body; what deletes comes last."""
        found = [(path, method, route) for path, routes in self._spec["paths"].items() for method, route in routes.items()]
        for path, method, route in sorted(found, key=lambda one: (one[1] == "delete", one[0], one[1])):
            yield from self._of_route(path, method.upper(), route)
        machine = self._bearers["machine"]
        yield Request("a body of more than a route takes", "POST", "/api/issues", b" " * 1_000_001, machine)
        yield Request("a body that is no text", "POST", "/api/issues", b"\xff\xfe\x00", machine)
        yield Request("a path that is none", "GET", "/api/nothing%2Fhere/%E2%82%AC", b"", machine)
        yield Request("a query with a name twice", "GET", "/api/issues?limit=1&limit=x", b"", machine)
        yield Request("a method that does nothing", "DELETE", "/api/health", b"", machine)
        yield Request("a bearer that is none", "GET", "/api/issues", b"", "dk_nobody_has_this")

    def _of_route(self, path: str, method: str, route: dict[str, Any]) -> Iterator[Request]:
        target = re.sub(r"\{(\w+)\}", lambda found: self._known.get(found[1], NOWHERE), path) + self._query(route)
        body = self._body(route)
        yield Request(f"{method} {path} by nobody", method, target, body, None)
        if body:
            yield Request(f"{method} {path} with a bad body", method, target, b"[17]", self._bearers["machine"])
        for who, bearer in self._bearers.items():
            if who == "machine" or "{run}" in path:
                yield Request(f"{method} {path} by the {who}", method, target, body, bearer)

    def _query(self, route: dict[str, Any]) -> str:
        needed = [one for one in route.get("parameters", []) if one["in"] == "query" and one.get("required")]
        return "?" + "&".join(f"{one['name']}={self._value(one['schema'])}" for one in needed) if needed else ""

    def _body(self, route: dict[str, Any]) -> bytes:
        content = route.get("requestBody", {}).get("content", {})
        return json.dumps(self._value(content["application/json"]["schema"])).encode() if "application/json" in content else b""

    def _value(self, schema: dict[str, Any]) -> Any:  # noqa: C901 - a table of types
        if "$ref" in schema:
            return self._value(self._spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self._value(choices[0])
        if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
            return choices[0]
        match schema.get("type"):
            case "object":
                return {
                    name: self._value(part) for name, part in schema.get("properties", {}).items() if name in schema.get("required", [])
                }
            case "array":
                return [self._value(schema.get("items", {}))]
            case "integer" | "number":
                return max(1, schema.get("minimum", 1))
            case "boolean":
                return True
            case "string" if schema.get("format") == "uuid":
                return NOWHERE
            case "string" if schema.get("format") == "date-time":
                return "2026-11-22T15:01:00Z"
            case "string":
                return "plain words"[: schema.get("maxLength", 100)]
            case _:
                return None
