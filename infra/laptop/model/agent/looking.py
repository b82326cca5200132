"""Looking around in a repository through the agent's tools: list, search, read, run. A tool that is refused leads to another way."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from infra.laptop.model.reading import Conversation, source_in
from infra.laptop.model.script import Call, Part, Result, Step, use

NOISE = re.compile(r"(^|/)(\.git|__pycache__|node_modules|\.venv)(/|$)")
RAN = re.compile(r"^Ran (\d+) tests?", re.MULTILINE)
FAILED = re.compile(r"^(?:FAIL|ERROR): (\w+) \(([\w.]+)\)", re.MULTILINE)
WHERE = re.compile(r'File "(?:.*/)?(tests?/[^"]+)", line (\d+), in (\w+)')
ASSERTION = re.compile(r"^AssertionError: (.+)$", re.MULTILINE)
GLOB = "{*,[!.]*/**/*}"  # without .git, whose objects would fill the hundred names that the tool gives
DEFAULT_CHECK = "python3 -m unittest"
DEMO = {"shop/orders.py", "shop/discounts.py"}


@dataclass
class Files:
    """What an agent knows of the repository: the names, and what it read."""

    names: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def is_demo(self) -> bool:
        return set(self.names) >= DEMO

    @property
    def check(self) -> str:
        """The repository's own check command, as its dispatch.toml says it."""
        try:
            checks = tomllib.loads(self.sources.get(".github/dispatch.toml", "")).get("checks", {})
        except tomllib.TOMLDecodeError:
            checks = {}
        return next((command for command in checks.values() if isinstance(command, str)), DEFAULT_CHECK)


@dataclass(frozen=True)
class Checked:
    """What running the tests showed."""

    command: str
    output: str
    ran: int
    failed: tuple[str, ...]
    where: str = ""
    said: str = ""

    @property
    def passed(self) -> bool:
        return self.ran > 0 and not self.failed

    def __str__(self) -> str:
        if self.passed:
            return f"`{self.command}`: all {self.ran} tests pass"
        failed = ", ".join(f"`{name}`" for name in self.failed)
        detail = f" ({self.where}: `{self.said}`)" if self.said else ""
        return f"`{self.command}`: {self.ran} tests, {len(self.failed)} failing: {failed}{detail}"


def list_files(conversation: Conversation, text: str) -> Part[Files]:
    """The repository's files are known, by whichever tool may list them; none when every way is refused."""
    ways = (Call("Bash", {"command": "git ls-files", "description": "List the files"}), Call("Glob", {"pattern": GLOB}))
    for call in ways if conversation.can("Bash") and not conversation.can("Glob") else reversed(ways):
        if conversation.can(call.name):
            listed = yield from use(call.name, call.input, text)
            names = [] if listed.is_error else [_shorter(line, conversation) for line in listed.text.splitlines()]
            names = sorted(name for name in names if _is_name(name))
            if names:
                return Files(names)
            text = "That gave me nothing; I try another way."
    return Files()


def search(conversation: Conversation, pattern: str, text: str) -> Part[list[str]]:
    """The lines that hold the pattern, as `path:line:text`."""
    if conversation.can("Grep"):
        inputs = {"pattern": pattern, "output_mode": "content", "-n": True, "-i": True, "head_limit": 60}
        found = yield from use("Grep", inputs, text)
    elif conversation.can("Bash"):
        command = f"grep -rniE --exclude-dir=.git --exclude-dir=__pycache__ '{pattern}' . | head -60"
        found = yield from use("Bash", {"command": command, "description": "Search the code"}, text)
    else:
        return []
    if found.is_error:
        return []
    lines = (_shorter(line, conversation) for line in found.text.splitlines())
    return [line for line in lines if re.match(r"[^:]+:\d+:", line)]


def read_files(conversation: Conversation, files: Files, names: Sequence[str], text: str) -> Part[None]:
    """The files were read at once; `files.sources` holds those that could be."""
    wanted = [name for name in names if name not in files.sources]
    if not wanted or not conversation.can("Read"):
        return
    calls = tuple(Call("Read", {"file_path": str(PurePosixPath(conversation.directory) / name)}) for name in wanted)
    results = yield Step(text, calls)
    for name, result in zip(wanted, results, strict=False):
        if not result.is_error:
            files.sources[name] = source_in(result.text)


def run_checks(conversation: Conversation, files: Files, text: str, *, verbosely: bool = False) -> Part[Checked | None]:
    """The repository's tests ran; None when they may not be run here. `verbosely`: with a line per test, where they are unittest's."""
    if not conversation.can("Bash"):
        return None
    plain = f"{DEFAULT_CHECK} -v" if verbosely else DEFAULT_CHECK
    own = plain if verbosely and files.check.startswith(DEFAULT_CHECK) else files.check
    for command in dict.fromkeys((own, plain)):
        result = yield from use("Bash", {"command": command, "description": "Run the tests"}, text)
        if not was_refused(result):
            return checked(command, result.text)
        text = "I may not run it that way; I try the plain command."
    return None


def checked(command: str, output: str) -> Checked:
    """What the output of a test run says."""
    ran, where, said = RAN.search(output), WHERE.search(output), ASSERTION.search(output)
    return Checked(
        command,
        output,
        int(ran[1]) if ran else 0,
        tuple(dict.fromkeys(name for name, _ in FAILED.findall(output))),
        f"{where[1]}:{where[2]}" if where else "",
        said[1] if said else "",
    )


def was_refused(result: Result) -> bool:
    """Whether a command was not allowed to run, as against: ran and failed."""
    return result.is_error and not result.text.startswith("Exit code")


def _shorter(line: str, conversation: Conversation) -> str:
    return line.strip().removeprefix(f"{conversation.directory}/").removeprefix("./")


def _is_name(name: str) -> bool:
    return bool(name) and not name.startswith(("/", "(", "No files")) and not NOISE.search(name)
