"""What an agent hands in, and whether a run ended well: judged here, in one place, from what the CLI said and how it left."""

from typing import Any

OUTCOMES = ("completed", "no_changes_needed", "investigation_complete", "blocked", "needs_decision", "failed")
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}

Schema = dict[str, Any]


def why_it_failed(result: dict[str, Any] | None, exit_code: int | None, stderr: str) -> str | None:
    """Why a CLI process did not end well; None when it did.

    `result` is its last result line. `exit_code` is None where the runner itself ended a process that lingered after its result.
    The subtype alone proves nothing: it says "success" for API errors, and 2.0.76 leaves with 0 and no `is_error` at a limit.
    """
    if result is None:
        return f"The agent ended without a result (exit code {exit_code}). {stderr.strip()[-2000:]}".strip()
    reason = result.get("terminal_reason") or "completed"
    if result.get("is_error") or str(result.get("subtype")).startswith("error") or reason != "completed":
        said = "; ".join(str(error) for error in result.get("errors") or []) or result.get("result") or result.get("subtype")
        return f"The agent stopped: {said} ({reason})."
    return f"The agent left with exit code {exit_code}. {stderr.strip()[-2000:]}".strip() if exit_code else None


def faults_of(handed_in: object, schema: Schema) -> list[str]:
    """What is wrong with a hand-in; empty when it fits `schema` and names an outcome the protocol knows."""
    if handed_in is None:
        return ["the agent handed nothing in"]
    found = faults(handed_in, schema, schema)
    outcome = handed_in.get("outcome") if isinstance(handed_in, dict) else None
    if not found and outcome not in OUTCOMES:
        found = [f"outcome: {outcome!r} is not one of {', '.join(OUTCOMES)}"]
    return found


def faults(value: object, schema: Schema, root: Schema, at: str = "") -> list[str]:
    """Where `value` departs from `schema`, one sentence each.

    Knows the part of JSON Schema that briefs use: type, enum, const, required, properties, additionalProperties, items, least lengths,
    anyOf, and $ref into `root`.
    """
    schema = _resolved(schema, root)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        tries = [faults(value, choice, root, at) for choice in choices]
        return [] if [] in tries else min(tries, key=len)
    if not _has_type(value, schema.get("type")):
        return [f"{at or 'hand-in'}: must be {schema['type']}"]
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if choices is not None and value not in choices:
        return [f"{at}: must be one of {choices}"]
    if isinstance(value, str | list) and len(value) < schema.get("minLength", schema.get("minItems", 0)):
        return [f"{at}: is too short"]
    if isinstance(value, list):
        return [fault for index, item in enumerate(value) for fault in faults(item, schema.get("items", {}), root, f"{at}[{index}]")]
    return _faults_inside(value, schema, root, at) if isinstance(value, dict) else []


def _faults_inside(value: dict[str, Any], schema: Schema, root: Schema, at: str) -> list[str]:
    known = schema.get("properties", {})
    missing = [f"{at}.{name}".lstrip(".") + ": is missing" for name in schema.get("required", []) if name not in value]
    extra = [
        f"{at}.{name}".lstrip(".") + ": is not known" for name in value if name not in known and schema.get("additionalProperties") is False
    ]
    inside = [
        fault for name, item in value.items() if name in known for fault in faults(item, known[name], root, f"{at}.{name}".lstrip("."))
    ]
    return missing + extra + inside


def _has_type(value: object, wanted: str | list[str] | None) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted or []
    if not names:
        return True
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, TYPES.get(name, object)) for name in names)


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return schema
    found: Any = root
    for step in reference[2:].split("/"):
        found = found[step]
    return found
