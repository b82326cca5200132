"""Finds, in Python source that was really read, a thing applied twice along one chain of calls, and the edits that undo it.

It knows nothing of the demo's names: it looks for `x.apply(...)`-like calls on the same `x` in two functions of which one reaches
the other.
"""

import ast
import re
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Edit:
    """Text to replace, once, in a file."""

    old: str
    new: str


@dataclass(frozen=True)
class Defect:
    """`thing.verb()` happens in `inner` and again in `outer`, which reaches `inner` through `chain`."""

    path: str
    thing: str
    verb: str
    inner: str
    inner_line: int
    outer: str
    outer_line: int
    chain: tuple[str, ...]
    edits: tuple[Edit, ...]  # empty when the source is not simple enough to undo it safely

    @property
    def inner_place(self) -> str:
        return f"{self.path}:{self.inner_line}"

    @property
    def outer_place(self) -> str:
        return f"{self.path}:{self.outer_line}"


def find_defect(path: str, source: str) -> Defect | None:
    """The first thing applied twice in this file; None when there is none or it is not Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    functions = {node.name: node for node in tree.body if isinstance(node, Function)}
    for outer in functions.values():
        for (thing, verb), outer_line in _applied(outer).items():
            for chain in _chains(outer.name, functions):
                inner = functions[chain[-1]]
                line = _applied(inner).get((thing, verb))
                if line is not None:
                    edits = _edits(source, functions, inner, thing)
                    return Defect(path, thing, verb, inner.name, line, outer.name, outer_line, chain, edits)
    return None


def _applied(function: Function) -> dict[tuple[str, str], int]:
    """What a function applies: (thing, verb) to the line, for calls like `order.discount.apply(price)`."""
    found: dict[tuple[str, str], int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            owner = node.func.value
            thing = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            if thing:
                found[thing, node.func.attr] = node.lineno
    return found


def _chains(start: str, functions: dict[str, Function]) -> list[tuple[str, ...]]:
    """Every way down the calls from a function to another of the same file, shortest first."""
    chains, open_ends = [], [(start,)]
    while open_ends:
        chain = open_ends.pop(0)
        called = (node.func.id for node in ast.walk(functions[chain[-1]]) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
        longer = [(*chain, name) for name in dict.fromkeys(called) if name in functions and name not in chain]
        chains += longer
        open_ends += longer
    return chains


def _edits(source: str, functions: dict[str, Function], inner: Function, thing: str) -> tuple[Edit, ...]:
    """The inner application gone, with the parameter that only it used."""
    guard = next((node for node in inner.body if isinstance(node, ast.If) and not node.orelse and _mentions(node, thing)), None)
    if guard is None or guard.end_lineno is None or inner.end_lineno is None:
        return ()
    lines = source.split("\n")
    old = lines[inner.lineno - 1 : inner.end_lineno]
    new = [line for number, line in enumerate(old, inner.lineno) if not guard.lineno <= number <= guard.end_lineno]
    place = next((index for index, argument in enumerate(inner.args.args) if argument.arg == thing), None)
    rest = [node for node in inner.body if node is not guard]
    if place is None or any(_mentions(node, thing) for node in rest):
        return (Edit("\n".join(old), "\n".join(new)),)
    new[0] = re.sub(rf",\s*{thing}\s*(:[^,)]+)?(?=[,)])", "", new[0])
    return (Edit("\n".join(old), "\n".join(new)), *_shorter_calls(lines, functions, inner.name, place))


def _shorter_calls(lines: list[str], functions: dict[str, Function], name: str, place: int) -> list[Edit]:
    edits = []
    for node in (node for function in functions.values() for node in ast.walk(function)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name and len(node.args) > place:
            line = lines[node.lineno - 1]
            kept = ", ".join(ast.unparse(argument) for index, argument in enumerate(node.args) if index != place)
            edits.append(Edit(line, line[: node.col_offset] + f"{name}({kept})" + line[node.end_col_offset :]))
    return edits


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))
