"""What a proof is worth: a named test fails without a change and passes with it, and no test was bent. Judged here, run elsewhere."""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from agent.cheats import changed_values, deselected, weakened

NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./:\[\]-]{0,299}")  # it becomes a word of a command line
TEST_FOLDERS = {"test", "tests", "__tests__", "spec", "specs", "e2e", "testing"}
TEST_FILE = re.compile(r"^(?:test_.*|conftest)\.py$|[._-](?:test|tests|spec)\.\w+$|(?:Test|Tests|Spec)\.\w+$")
SNAPSHOT = re.compile(r"\.(?:snap|ambr)$|(?:^|/)(?:__)?snapshots?(?:__)?/|golden|expected", re.IGNORECASE)
TEST_CONFIGURATION = re.compile(
    r"(?:^|/)(?:pytest\.ini|pyproject\.toml|setup\.cfg|tox\.ini|conftest\.py|package\.json|(?:jest|vitest)\.config\.\w+)$"
)
KNOWS_PYTEST = re.compile(r"(?:^|/)(?:pytest\.ini|conftest\.py)$")
KNOWN_RUNNER = re.compile(r"^[\w./= -]*?\b(?:pytest|unittest)\b")  # of a check's command, up to the runner's name

NOTHING_RAN = re.compile(
    r"no tests ran|Ran 0 tests|collected 0 items|No tests? (?:were )?found|no test files|No test files found|no tests to run", re.IGNORECASE
)
ALL_SKIPPED = re.compile(
    r"^OK \(skipped=\d+\)|^=*\s*\d+ (?:skipped|deselected)(?:, \d+ \w+)* in |Tests:\s+\d+ (?:skipped|todo), \d+ total", re.MULTILINE
)
EXPECTED_TO_FAIL = re.compile(r"\b\d+ xfailed|\b\d+ xpassed|expected failures=\d+", re.IGNORECASE)
NOT_THE_FAULT = re.compile(
    "|".join(
        [
            r"ERROR collecting|errors? during collection|ERROR at setup of|fixture '.*' not found",
            r"ERROR: not found:|ERROR: file or directory not found|Failed to import test module|unittest\.loader\._FailedTest",
            r"No module named|module '.*' has no attribute|type object '.*' has no attribute",
            r"^(?:E\s+)?(?:ImportError|ModuleNotFoundError|IndentationError)\b",
            r"Cannot find (?:module|package)|Failed to load url|Test suite failed to run",
            r"\[(?:build|setup) failed\]|error\[E0\d+\]|cannot find symbol",
        ]
    ),
    re.MULTILINE,
)
NO_RUNNER = {126: "The command cannot be run.", 127: "The command was not found."}
NOT_A_TESTS_END = {"pytest": {2, 3, 4, 5}, "unittest": {5}}  # collection failed, internal error, used wrongly, nothing ran
KILLED = {-9, -15, 137, 143}
MOST_REASONS, LONGEST_REASON = 20, 2000  # the protocol's

Try = dict[str, Any]


class UnnamedError(Exception):
    """What was handed in names no test that can be run; the message is a sentence for people."""


@dataclass(frozen=True)
class Named:
    """A test by the file it stands in and the names inside; `given` as the agent said it."""

    given: str
    file: str
    parts: tuple[str, ...]

    def node(self) -> str:
        """As pytest calls it."""
        return "::".join([self.file, *self.parts])

    def dotted(self) -> str:
        """As unittest calls it."""
        return ".".join([*PurePosixPath(self.file).with_suffix("").parts, *self.parts])


@dataclass(frozen=True)
class Change:
    """One file of a patch: its path and text before and after; None where it was not, or is no longer."""

    path: str
    before: str | None
    after: str | None


def find_named(given: str, files: Iterable[str]) -> Named:
    """The test that `given` names among `files`. Raises `UnnamedError`."""
    known = set(files)
    if not NAME.fullmatch(given) or ".." in given:
        raise UnnamedError("What was handed in is not the plain name of a test, such as tests/test_orders.py::test_totals.")
    file, *parts = given.split("::")
    if file in known:
        return Named(given, file, tuple(parts))
    words = given.split(".")
    for length in range(len(words), 0, -1):
        if (file := f"{'/'.join(words[:length])}.py") in known:
            return Named(given, file, tuple(words[length:]))
    raise UnnamedError(f"{given} names no file of the patched repository.")


def command_for(named: Named, *, configured: str | None, checks: Mapping[str, str], files: Iterable[str], says: str) -> str:
    """The shell command that runs the test alone: the configured one, else as the repository's checks do, else a guess.

    `says` is the text of the files in which a Python project names what it needs.
    """
    if configured:
        return configured.replace("{test}", shlex.quote(named.given))
    runners = [found[0] for command in checks.values() if (found := KNOWN_RUNNER.match(command))]
    is_pytest = any(KNOWS_PYTEST.search(path) for path in files) or re.search(r"\bpytest\b", says)
    runner = runners[0] if runners else f"python3 -m {'pytest' if is_pytest else 'unittest'}"
    return f"{runner} {shlex.quote(named.node() if runner.endswith('pytest') else named.dotted())}"


def is_test_file(path: str) -> bool:
    """Whether the file is there to test others."""
    whole = PurePosixPath(path)
    return bool(TEST_FOLDERS & set(whole.parts[:-1]) or TEST_FILE.search(whole.name))


def find_cheats(changes: Iterable[Change]) -> list[str]:
    """What a patch did to the tests that were there before it, a sentence each; none where it left them as strict as they were."""
    return [sentence for change in changes for sentence in _cheats_of(change)]


def judge(command: str, base: list[Try], head: list[Try]) -> tuple[str, list[str]]:
    """The verdict on the tries without the change and with it, and the reasons where it is not "proven"."""
    without, with_it = [_kind(command, one) for one in base], [_kind(command, one) for one in head]
    for where, kinds in (("without", without), ("with", with_it)):
        if len({kind for kind, _ in kinds}) > 1:
            told = ", ".join(kind.replace("_", " ") for kind, _ in kinds)
            return "flaky", [f"It does not end the same way each time {where} the change: {told}."]
    reasons = [f"{why} ({where} the change)" for where, kinds in (("without", without), ("with", with_it)) for _, why in kinds[:1] if why]
    if not reasons and without[0][0] == "passed":
        reasons = ["It passes without the change too: it does not show the fault."]
    if not reasons and with_it[0][0] == "failed":
        reasons = ["It fails with the change too."]
    return ("not_proven", reasons) if reasons else ("proven", [])


def clipped(reasons: list[str]) -> list[str]:
    """As many and as much of them as the protocol takes."""
    return [reason[:LONGEST_REASON] for reason in reasons[:MOST_REASONS]]


def _cheats_of(change: Change) -> list[str]:
    before, after = change.before or "", change.after or ""
    found: list[str] = []
    if TEST_CONFIGURATION.search(change.path):
        found += deselected(before, after)
    if change.before is None or not is_test_file(change.path):
        return [f"{change.path}: {sentence}" for sentence in found]
    if change.after is None:
        return [f"{change.path}: The file was deleted."]
    found += changed_values(before, after) if SNAPSHOT.search(change.path) and not change.path.endswith(".py") else weakened(before, after)
    return [f"{change.path}: {sentence}" for sentence in found]


def _kind(command: str, one: Try) -> tuple[str, str]:
    """How a try ended: passed, failed, or, with the reason, as neither says anything about the fault."""
    code, output = one["exit_code"], str(one["output"])
    found = NOT_THE_FAULT.search(output)
    line = output[output.rfind("\n", 0, found.start()) + 1 :].splitlines()[0].strip()[:300] if found else ""
    ran_none = any(re.search(rf"\b{runner}\b", command) and code in codes for runner, codes in NOT_A_TESTS_END.items())
    signs = (
        (code is None or code in KILLED, "not_ended", "It did not come to an end in time."),
        (code in NO_RUNNER, "not_run", NO_RUNNER.get(code or 0, "")),
        (NOTHING_RAN.search(output), "not_run", "No test ran."),
        (ALL_SKIPPED.search(output), "not_run", "It was skipped."),
        (EXPECTED_TO_FAIL.search(output), "not_run", "It is marked as expected to fail."),
        (code == 0, "passed", ""),
        (found, "failed_otherwise", f"It fails for another reason than the fault: {line}"),
        (ran_none, "failed_otherwise", f"It fails for another reason than the fault: the runner ended with {code}, and so ran no test."),
    )
    return next(((kind, why) for holds, kind, why in signs if holds), ("failed", ""))
