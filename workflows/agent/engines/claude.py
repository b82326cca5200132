"""Claude Code. What the agent may do is decided here, by flags that the CLI enforces.

Found with 2.1.330 and held by tests/integration/agent: `acceptEdits` runs `rm` and `>` unasked, `dontAsk` refuses whatever no rule allows;
a bare `Edit` rule reaches outside the worktree, `Edit(./**)` does not (and covers Write); `git log --output` writes under a rule for it.
"""

import json

from agent.engines.language import Line
from agent.engines.shape import Start
from agent.toll import Api

WRITING = ("Edit", "Write", "MultiEdit", "NotebookEdit")
READING = ("Read", "Grep", "Glob")
NEVER = ["Read(//proc/**)", "Edit(.git)", "Edit(.git/**)"]  # other processes' environments; what git itself would then run
# The ways a git command that only reads can still write a file or start a program; git takes any unambiguous beginning of an option.
GIT_LOOPHOLES = ["Bash(git *--ou*)", "Bash(git *--op*)", "Bash(git grep *-O*)"]
# Times the cap, which the runner holds. The CLI's own limit drops the tools of the message that crosses it, a paid-for hand-in among them.
SECOND_LINE = 1.25
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_MAX_RETRIES": "4",  # its own default of 10 keeps a wrong key waiting for minutes
}


class Claude:
    """Speaks the runner's language itself, hears what it is told while it works, and tells each call's cost."""

    name = "claude"
    hears = True
    access: tuple[str, ...] = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL")
    api: Api | None = None

    def command(self, start: Start) -> list[str]:
        """Headless, JSON lines in and out, the brief's tools and no others, no settings of the repository."""
        brief = start.brief
        system = start.home / "system.txt"
        system.write_text(brief.get("system") or "")
        tools, may_write = list(brief["tools"]), bool(brief["writes_code"])
        return [
            *(start.program, "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"),
            "--include-partial-messages",  # when a call begins and ends, and its true usage, stand nowhere else
            *("--model", brief["model"], "--max-budget-usd", f"{brief['cap_usd'] * SECOND_LINE:.2f}"),
            *("--permission-mode", "dontAsk", "--strict-mcp-config", "--setting-sources", ""),
            *("--no-session-persistence", "--disable-slash-commands"),
            *("--append-system-prompt-file", str(system), "--json-schema", json.dumps(brief["result_schema"])),
            *("--tools", ",".join(offered(tools, may_write=may_write))),
            *("--allowedTools", *allowed(tools, may_write=may_write)),
            *("--disallowedTools", *denied(may_write=may_write)),
        ]

    def environment(self, start: Start) -> dict[str, str]:
        """The way to its model, and quiet."""
        return QUIET | dict(start.access)

    def spoken(self, text: str) -> bytes:
        """A user message. A text that begins with a slash would be a command to the CLI: the line in front keeps it words."""
        content = f"The brief:\n\n{text}" if text.lstrip().startswith("/") else text
        return json.dumps({"type": "user", "message": {"role": "user", "content": content}}).encode() + b"\n"

    def put(self, line: Line) -> list[Line]:
        """The line as it is."""
        return [line]


def offered(tools: list[str], *, may_write: bool) -> list[str]:
    """Names of the tools that exist for the model at all. Without `may_write` the writing ones never do, whatever the brief lists."""
    names = dict.fromkeys(name_of(tool) for tool in tools)
    return [name for name in names if may_write or name not in WRITING]


def allowed(tools: list[str], *, may_write: bool) -> list[str]:
    """The rules for what runs unasked: files inside the worktree only, and shell commands that the brief names.

    A bare `Bash` would allow every command: it is honoured only where the run may write.
    """
    rules = dict.fromkeys(_rule(tool) for tool in tools)
    return [rule for rule in rules if may_write or (name_of(rule) not in WRITING and rule != "Bash")]


def denied(*, may_write: bool) -> list[str]:
    """The rules for what never runs, which win over every allowance."""
    return NEVER if may_write else [*NEVER, *WRITING, *GIT_LOOPHOLES]


def name_of(tool: str) -> str:
    """The tool's name without its specifier: `Bash` of `Bash(git log:*)`."""
    return tool.split("(", 1)[0].strip()


def _rule(tool: str) -> str:
    if tool in READING:
        return f"{tool}(./**)"
    return "Edit(./**)" if tool in WRITING else tool
