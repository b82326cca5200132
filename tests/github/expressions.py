"""The few `${{ }}` forms that our workflow files use. Any other form is an error: the harness must not guess what GitHub would do."""

import re
from typing import Any

EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
NAME = re.compile(r"[a-z_]+(\.[A-Za-z_][\w-]*)+")
ALWAYS = "always()"

Contexts = dict[str, Any]


def fill(text: Any, contexts: Contexts) -> str:
    """`text` with every expression in it replaced by its value."""
    return EXPRESSION.sub(lambda found: str(value_of(found[1], contexts)), written(text))


def holds(condition: str | None, contexts: Contexts, *, succeeded: bool) -> bool:
    """Whether a step or job with this `if:` runs; without a status function in it, only after success."""
    if condition is None:
        return succeeded
    return (succeeded or ALWAYS in condition) and bool(value_of(condition, contexts))


def value_of(expression: str, contexts: Contexts) -> Any:
    """The expression's value: a path, a literal, `always()`, `a || b`, `a && b` or `a == b`."""
    if "||" in expression:
        first, _, rest = expression.partition("||")
        return value_of(first.strip(), contexts) or value_of(rest.strip(), contexts)
    if "&&" in expression:
        first, _, rest = expression.partition("&&")
        return value_of(first.strip(), contexts) and value_of(rest.strip(), contexts)
    if expression == ALWAYS:
        return True
    if "==" in expression:
        left, _, right = expression.partition("==")
        return value_of(left.strip(), contexts) == value_of(right.strip(), contexts)
    if re.fullmatch(r"'[^']*'", expression):
        return expression[1:-1]
    if not NAME.fullmatch(expression):
        raise NotImplementedError(f"The harness does not know what {expression!r} is.")
    return _look_up(expression.split("."), contexts)


def written(value: Any) -> str:
    """A scalar of YAML as GitHub writes it."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _look_up(path: list[str], contexts: Contexts) -> Any:
    """What stands there; nothing where something on the way is missing, but a context has to exist."""
    found: Any = contexts[path[0]]
    for name in path[1:]:
        found = found.get(name, "") if isinstance(found, dict) else ""
    return found
