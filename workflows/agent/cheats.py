"""Tests made easier to pass: what a change took from the tests that were there. Pure: texts in, sentences out, whatever the language.

A file is read as scopes (a test, a class, a helper), each with its statements, however many lines one spans. What stood in a scope has to
stand there still: its assertions, where they are still reached, its expected values, and nothing that skips.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

SCOPE = re.compile(
    r"""^(?:export\s+|async\s+|pub\s+|public\s+|private\s+|static\s+|override\s+)*(?:
        (?:def|class|func|fun|fn|function|void)\s+(?:\([^)]*\)\s*)?(?P<word>\w+)
        |x?(?:it|test|describe|context|suite|specify)(?:\.\w+(?:\([^)]*\))?)*\s*\(?\s*(?P<quote>["'`])(?P<title>.*?)(?P=quote)
    )""",
    re.VERBOSE,
)
TEST = re.compile(r"^(?:x?(?:it|test|specify)\b|(?:\w+\s+)*(?:def|func|fun|fn|void|function)\s+(?:\([^)]*\)\s*)?[Tt]est)")
ASSERTION = re.compile(
    r"\bassert\w*\b|\bexpect\s*\(|\.should\b|\.raises\b|\bthrows\b|\brequire\.\w+\(|\bt\.(?:Error|Fatal)\w*|\bverify\s*\(|\bXCTAssert"
)
SKIP = re.compile(
    r"\.skip\b|\bskip(?:If|Unless|Test|if)?\s*\(|@\w*[Ss]kip|\bxfail\b|expectedFailure|importorskip|\bxit\s*\(|\bxdescribe\s*\(|\bxtest\s*\(|"
    r"\.todo\b|\bt\.Skip|@Disabled|@Ignore\b|#\[ignore|\bpending\s*\(|\.only\b"
)
VALUES = re.compile(
    r"parametrize|\.each\b|(?:Csv|Value|Method)Source|\bexpect(?:ed|ation)?\w*\s*[:=]|\bcases?\s*:?=|\bgolden\w*\s*=", re.IGNORECASE
)
PATIENCE = re.compile(r"timeout|retr(?:y|ies)|\bsleep\b|wait_?for|deadline|reruns", re.IGNORECASE)
GUARD = re.compile(r"^(?:\}?\s*(?:try|if|elif|else|except|catch|while)\b|with\s+(?:contextlib\.)?suppress\b)")
LEAVES = re.compile(r"^return\b|^sys\.exit\b|^process\.exit\b")
DESELECTS = re.compile(
    r"--deselect|--ignore|collect_ignore|testPathIgnorePatterns|norecursedirs|-k\s*[\"']?not\b|pytest_collection_modifyitems|pytest_runtest_makereport"
)
COMMENT = re.compile(r"^(?:#(?!\[)|//|\*|/\*)")
LAST_COMMENT = re.compile(r"\s+(?:#|//)\s[^\"'`]*$")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
ATOM = re.compile(r'"[^"]*"|[^,()\[\]{}]+')
STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'')
LONGEST_LINE = 2000  # characters of a line whose comment is looked for; longer ones hold data
LONGEST = 300  # characters of a line that is quoted


@dataclass
class Scope:
    """What stands in one scope. `assertions`: how well hidden each one stands, 0 in the open, under its text."""

    is_test: bool = False
    assertions: dict[str, list[int]] = field(default_factory=dict)
    lines: Counter[str] = field(default_factory=Counter)


@dataclass
class Block:
    """An open block while a file is read. `hides`: what in it is not always reached."""

    indent: int
    name: str
    hides: int


def weakened(before: str, after: str) -> list[str]:
    """What the tests of one file lost from `before` to `after`, a sentence each."""
    old, new = _scopes(before), _scopes(after)
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    moved = _merged([new[name] for name in come])
    found: list[str] = []
    for name in sorted(old):
        lost = _lost(name, old[name], new.get(name, moved))
        if name in gone and old[name].is_test and (lost or not any(new[other].is_test for other in come)):
            found.append(f"The test {name} is gone.")
        found += lost
        found += _eased(name, old[name], new[name]) if name in new else []
    return found


def deselected(before: str, after: str) -> list[str]:
    """Lines of a configuration that keep tests from running and were not there before."""
    known = {_squeezed(line) for line in before.splitlines()}
    added = [line.strip() for line in after.splitlines() if DESELECTS.search(line) and _squeezed(line) not in known]
    return [f"Tests are kept from running: {line[:LONGEST]}" for line in added]


def changed_values(before: str, after: str) -> list[str]:
    """Lines of a recorded expectation (a snapshot) that are no longer there."""
    lost = Counter(line.strip() for line in before.splitlines()) - Counter(line.strip() for line in after.splitlines())
    return [f"An expected value was changed: {line[:LONGEST]}" for line in lost if line]


def _lost(name: str, old: Scope, new: Scope) -> list[str]:
    where = f" in {name}" if name else ""
    found: list[str] = []
    for text, hidden in old.assertions.items():
        left = sorted(new.assertions.get(text, []))
        if len(left) < len(hidden):
            found.append(f"An assertion was removed or changed{where}: {text[:LONGEST]}")
        elif any(now > was for now, was in zip(left, sorted(hidden), strict=False)):
            found.append(f"An assertion is no longer always reached{where}: {text[:LONGEST]}")
    lost = _atoms(old) - _atoms(new)
    if lost:
        found.append(f"Expected values were removed or changed{where}: {', '.join(lost)[:LONGEST]}")
    return found


def _eased(name: str, old: Scope, new: Scope) -> list[str]:
    where = f" in {name}" if name else ""
    gone, come = old.lines - new.lines, new.lines - old.lines
    found = [f"A test is skipped or expected to fail{where}: {line[:LONGEST]}" for line in come if SKIP.search(line)]
    shapes = {NUMBER.sub("#", line): line for line in gone if PATIENCE.search(line)}
    for line in come:
        was = shapes.get(NUMBER.sub("#", line))
        if was and any(float(now) > float(then) for now, then in zip(NUMBER.findall(line), NUMBER.findall(was), strict=False)):
            found.append(f"A time limit was raised{where}: {was[:LONGEST]} became {line[:LONGEST]}")
    return found


def _atoms(scope: Scope) -> Counter[str]:
    lines = [line for line, times in scope.lines.items() if VALUES.search(line) and not ASSERTION.search(line) for _ in range(times)]
    return Counter(atom for line in lines for atom in ATOM.findall(_squeezed(line)))


def _merged(scopes: list[Scope]) -> Scope:
    whole = Scope()
    for scope in scopes:
        whole.lines += scope.lines
        for text, hidden in scope.assertions.items():
            whole.assertions.setdefault(text, []).extend(hidden)
    return whole


def _scopes(text: str) -> dict[str, Scope]:
    """Every scope by its path of names; "" is the file's own."""
    found: dict[str, Scope] = {"": Scope()}
    blocks = [Block(-1, "", 0)]
    heralds: list[str] = []  # decorators: they belong to what follows them
    for indent, line in _statements(text):
        while blocks[-1].indent >= indent:
            blocks.pop()
        if line.startswith(("@", "#[")) and not SCOPE.match(line):
            heralds.append(line)
            continue
        if opened := SCOPE.match(line):
            name = ".".join(filter(None, [blocks[-1].name, opened["word"] or opened["title"]]))
            blocks.append(Block(indent, name, 0))
            found.setdefault(name, Scope()).lines.update(heralds)
            found[name].is_test = bool(TEST.match(line))
            heralds = []
        elif GUARD.match(line):
            blocks.append(Block(indent, blocks[-1].name, blocks[-1].hides + 1))
        elif LEAVES.match(line):
            blocks[-1].hides += 1
        _note(found[blocks[-1].name], line, blocks[-1].hides)
    return found


def _note(scope: Scope, line: str, hides: int) -> None:
    scope.lines[line] += 1
    if ASSERTION.search(line) and not line.startswith(("import ", "from ", "const {", "use ")):
        scope.assertions.setdefault(_squeezed(line), []).append(hides)


def _statements(text: str) -> list[tuple[int, str]]:
    """Every statement with its indentation: lines are joined while a bracket is open, unless one opens a block."""
    found: list[tuple[int, str]] = []
    indent, parts, depth = 0, [], 0
    for raw in text.expandtabs(4).splitlines():
        line = raw.strip()
        line = LAST_COMMENT.sub("", line) if len(line) < LONGEST_LINE else line
        if not line or COMMENT.match(line):
            continue
        if parts and (SCOPE.match(line) or line.startswith("@")):  # a bracket in a long string was taken for an open one
            found.append((indent, " ".join(parts)))
            parts, depth = [], 0
        if not parts:
            indent = len(raw) - len(raw.lstrip())
        parts.append(line)
        bare = STRING.sub("", line)
        depth += sum(map(bare.count, "([")) - sum(map(bare.count, ")]"))
        if depth <= 0 or line.endswith("{"):
            found.append((indent, " ".join(parts)))
            parts, depth = [], 0
    return found + ([(indent, " ".join(parts))] if parts else [])


def _squeezed(line: str) -> str:
    """The line as its formatter does not matter: no spaces, one kind of quotes, no last comma."""
    return re.sub(r",([)\]}])", r"\1", re.sub(r"\s+", "", line)).replace("'", '"').rstrip(";")
