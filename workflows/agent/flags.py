"""The command line of the Claude Code CLI for one brief. What the agent may do is decided here, by flags that the CLI enforces.

Found with 2.1.330 and held by tests/integration/agent: `acceptEdits` runs `rm` and `>` unasked, `dontAsk` refuses whatever no rule allows;
a bare `Edit` rule reaches outside the worktree, `Edit(./**)` does not (and covers Write); `git log --output` writes under a rule for it.
"""

import json
from pathlib import Path
from typing import Any

WRITING = ("Edit", "Write", "MultiEdit", "NotebookEdit")
READING = ("Read", "Grep", "Glob")
NEVER = ["Read(//proc/**)", "Edit(.git)", "Edit(.git/**)"]  # other processes' environments; what git itself would then run
# The ways a git command that only reads can still write a file or start a program; git takes any unambiguous beginning of an option.
GIT_LOOPHOLES = ["Bash(git *--ou*)", "Bash(git *--op*)", "Bash(git grep *-O*)"]
# Times the cap, which the runner holds. The CLI's own limit drops the tools of the message that crosses it, a paid-for hand-in among them.
SECOND_LINE = 1.25


def command_line(claude: str, brief: dict[str, Any], system_file: Path) -> list[str]:
    """The CLI's argument vector: headless, JSON lines in and out, the brief's tools and no others, no settings of the repository.

    The prompt is not in it (it goes in by stdin); `system_file` holds the brief's words for the system prompt.
    """
    tools, may_write = list(brief["tools"]), bool(brief["writes_code"])
    return [
        *(claude, "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"),
        "--include-partial-messages",  # when a call begins and ends, and its true usage, stand nowhere else
        *("--model", brief["model"], "--max-budget-usd", f"{brief['cap_usd'] * SECOND_LINE:.2f}"),
        *("--permission-mode", "dontAsk", "--strict-mcp-config", "--setting-sources", ""),
        *("--no-session-persistence", "--disable-slash-commands"),
        *("--append-system-prompt-file", str(system_file), "--json-schema", json.dumps(brief["result_schema"])),
        *("--tools", ",".join(offered(tools, may_write=may_write))),
        *("--allowedTools", *allowed(tools, may_write=may_write)),
        *("--disallowedTools", *denied(may_write=may_write)),
    ]


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
