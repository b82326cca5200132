"""The hand-in of an engine that has no tool for it: a schema its model is held to, and what is read from its last words."""

import json
import re
from typing import Any

Schema = dict[str, Any]

KEPT = ("type", "enum", "description", "$ref")
BLOCK = re.compile(r"^[ \t]*```(?:json)?\s*\n(.*?)^[ \t]*```\s*$", re.DOTALL | re.MULTILINE)


def strict(schema: Schema) -> Schema:
    """`schema` as OpenAI's structured output takes it: nothing is optional, so what was is null where there is nothing to say."""
    kept = {name: schema[name] for name in KEPT if name in schema}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    if "type" not in kept and all(isinstance(value, str) for value in kept.get("enum", [0])):
        kept["type"] = "string"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        kept["anyOf"] = [strict(choice) for choice in choices]
    if "items" in schema:
        kept["items"] = strict(schema["items"])
    if "$defs" in schema:
        kept["$defs"] = {name: strict(part) for name, part in schema["$defs"].items()}
    if "properties" in schema:
        required = schema.get("required", [])
        parts = {name: strict(part) if name in required else _or_null(strict(part)) for name, part in schema["properties"].items()}
        kept |= {"properties": parts, "required": list(parts), "additionalProperties": False}
    return kept


def without_nulls(value: object) -> object:
    """`value` without the properties that say nothing."""
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value


def last_object(text: str) -> object:
    """The JSON object that is the whole of `text`, or that stands in the last fenced block of it; None where there is none."""
    for words in [text, *reversed(BLOCK.findall(text))]:
        try:
            found = json.loads(words)
        except (ValueError, RecursionError):
            continue
        return without_nulls(found) if isinstance(found, dict) else None
    return None


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
