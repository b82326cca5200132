"""A script: a generator that yields steps and is given the results of each step's calls.

The model keeps nothing between requests. Every request holds all results so far, so its script is played from the start
with those results, and the first step that has none yet is the answer.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Json = dict[str, Any]
Schema = Mapping[str, Any]  # JSON Schema
T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """A tool to use."""

    name: str
    input: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a tool gave back, as the request tells it."""

    call: Call
    text: str
    is_error: bool = False


@dataclass(frozen=True)
class Step:
    """One message of the model: words, then calls. A step without calls is the last of its turn."""

    text: str = ""
    calls: tuple[Call, ...] = ()


Script = Generator[Step, Sequence[Result], Step]
Part = Generator[Step, Sequence[Result], T]  # a part of a script, run with `yield from`, that finds out a T


def use(name: str, inputs: Json, text: str = "") -> Part[Result]:
    """One tool was used; its result."""
    results = yield Step(text, (Call(name, inputs),))
    return results[0]


def next_step(script: Script, results: Sequence[Result]) -> Step:
    """The step that comes after those results."""
    left = list(results)
    try:
        step = next(script)
        while step.calls and left:
            taken, left = left[: len(step.calls)], left[len(step.calls) :]
            step = script.send(taken)
    except StopIteration as end:
        return end.value
    return step


def fit(value: Any, schema: Schema, root: Schema | None = None) -> Any:
    """The value as the schema allows it: unknown keys left out, what is required and missing filled with nothing.

    `root` is where a `$ref` points into; None: the schema itself.
    """
    root = schema if root is None else root
    schema = _chosen(value, schema, root)
    if isinstance(value, dict) and "properties" in schema:
        return _fit_object(value, schema, root)
    if isinstance(value, list) and "items" in schema:
        return [fit(item, schema["items"], root) for item in value]
    if isinstance(value, str):  # "In progress" is "In Progress"; a word that is none of them stays, to be refused by its name
        return next((word for word in schema.get("enum", ()) if isinstance(word, str) and word.lower() == value.lower()), value)
    return value


def _chosen(value: Any, schema: Schema, root: Schema) -> Schema:
    """The schema behind a `$ref`, and the branch of an `anyOf` that the value is meant for."""
    schema = _behind(schema, root)
    branches = [_behind(branch, root) for branch in schema.get("anyOf") or schema.get("oneOf") or [schema]]
    wanted = "null" if value is None else "object" if isinstance(value, dict) else "array" if isinstance(value, list) else None
    return next((branch for branch in branches if branch.get("type") == wanted), branches[0])


def _behind(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        place: Any = root
        for name in schema["$ref"].removeprefix("#/").split("/"):
            place = place[name]
        schema = place
    return schema


def _fit_object(value: Json, schema: Schema, root: Schema) -> Json:
    properties: Schema = schema["properties"]
    is_open = schema.get("additionalProperties", True) is not False
    kept = {key: fit(item, properties.get(key, {}), root) for key, item in value.items() if key in properties or is_open}
    missing = [key for key in schema.get("required", ()) if key not in kept]
    return kept | {key: _nothing(properties.get(key, {}), root) for key in missing}


def _nothing(schema: Schema, root: Schema) -> Any:
    """The emptiest value there is: null where it may be."""
    schema = _chosen(None, schema, root)
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else "null" if "null" in kinds else kinds[0]
    if kind == "object":
        return _fit_object({}, {"properties": {}} | dict(schema), root)
    empty: Json = {"string": "", "array": [], "boolean": False, "integer": 0, "number": 0}
    return empty.get(kind)
