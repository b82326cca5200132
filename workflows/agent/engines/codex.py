"""Codex. It has no rules for single tools or commands: its sandbox decides what the agent may do, and lets nothing out to the network.

Found with 0.169.0: in the sandbox a command sees no process but its own, opens no socket and cannot write to `.git`, yet it may read the
whole disk. The key is in every command's environment unless excluded. A repository's own `.codex` is left alone while nobody trusts it.
"""

import contextlib
import json
import shlex
from typing import Any

from agent.engines.hand_in import last_object, strict
from agent.engines.language import Line, as_dict, assistant, notice, number, tool_result
from agent.engines.shape import Start
from agent.toll import Api

# Ways to more power than a brief gives, and tools that are of no use to it.
WITHOUT = (
    *("apps", "plugins", "hooks", "memories", "goals", "multi_agent", "multi_agent_v2", "tool_suggest", "skill_mcp_dependency_install"),
    *("browser_use", "computer_use", "in_app_browser", "image_generation", "view_image", "shell_snapshot"),
)
NAMES = {"command_execution": "Bash", "file_change": "Edit", "web_search": "WebSearch", "todo_list": "TodoWrite"}
WORDS = {"agent_message": "text", "reasoning": "thinking", "error": ""}
LOGS = "Bash(logs:*)"
NO_INPUT = {"id", "type", "status", "aggregated_output", "exit_code", "result", "error"}  # of an item: what is not its input


class Codex:
    """Reads its prompt to the end before it begins, and hears nothing after; tells what it cost when its turn is over."""

    name = "codex"
    hears = False
    access: tuple[str, ...] = ("OPENAI_API_KEY", "OPENAI_BASE_URL")

    def __init__(self) -> None:
        base, key = "OPENAI_BASE_URL", "OPENAI_API_KEY"
        self.api: Api | None = Api("https://api.openai.com/v1", base, key, "Authorization", "Bearer ", usage_of)
        self.thread: object = None
        self.model = ""
        self.last_words = ""

    def command(self, start: Start) -> list[str]:
        """Headless, JSON lines out, nothing kept, nobody's settings, no approvals, and the sandbox that the brief calls for."""
        brief = start.brief
        self.model = brief["model"]
        schema = start.home / "schema.json"
        schema.write_text(json.dumps(strict(brief["result_schema"])))
        for folder in (".codex", "tmp"):
            (start.home / folder).mkdir(exist_ok=True)
        return [
            *(start.program, "exec", "--json", "--color", "never", "--ephemeral", "--ignore-user-config", "--ignore-rules"),
            *("--skip-git-repo-check", "--strict-config", "-s", "workspace-write" if brief["writes_code"] else "read-only"),
            *("-m", self.model, "--output-schema", str(schema)),
            *(word for feature in WITHOUT for word in ("--disable", feature)),
            *(word for setting in _settings(start) for word in ("-c", setting)),
            "-",
        ]

    def environment(self, start: Start) -> dict[str, str]:
        """The way to its model, and places of the run's own for its state and for what commands keep for a moment."""
        return {"CODEX_HOME": str(start.home / ".codex"), "TMPDIR": str(start.home / "tmp"), **start.access}

    def spoken(self, text: str) -> bytes:
        """The text itself."""
        return text.encode() + b"\n\n"

    def put(self, line: Line) -> list[Line]:
        """An item is a message or a tool, a turn's end the result."""
        kind, item = str(line.get("type")), as_dict(line.get("item"))
        if kind == "thread.started":
            self.thread = line.get("thread_id")
            return [{"type": "system", "subtype": "init", "model": self.model, "tools": []}]
        if kind in {"item.started", "item.completed"}:
            return self._of_item(item, is_over=kind == "item.completed")
        if kind == "error":
            return [notice("warning", line.get("message"))]
        if kind == "turn.completed":
            return [self._result(subtype="success", structured_output=last_object(self.last_words), usage=usage_of(line))]
        if kind == "turn.failed":
            return [self._result(subtype="error", is_error=True, errors=[as_dict(line.get("error")).get("message")])]
        return []

    def _of_item(self, item: Line, *, is_over: bool) -> list[Line]:
        kind, words = str(item.get("type")), str(item.get("text") or item.get("message") or "")
        if kind not in WORDS:
            return [_end_of(item)] if is_over else [_begin_of(item)]
        if not is_over:
            return []
        if kind == "agent_message":
            self.last_words = words
        return [notice("warning", words) if kind == "error" else assistant({"type": WORDS[kind], WORDS[kind]: words})]

    def _result(self, **more: Any) -> Line:
        return {"type": "result", "session_id": self.thread} | {name: value for name, value in more.items() if value is not None}


def usage_of(said: Line) -> Line | None:
    """The tokens that an object tells: an event of the Responses API of its call, the end of a turn of all its calls."""
    usage = as_dict(as_dict(said.get("response")).get("usage") or said.get("usage"))
    if "input_tokens" not in usage:
        return None
    details = as_dict(usage.get("input_tokens_details"))
    read = number(details.get("cached_tokens") or usage.get("cached_input_tokens"))
    written = number(details.get("cache_write_tokens") or usage.get("cache_write_input_tokens"))
    return {
        "input_tokens": max(number(usage["input_tokens"]) - read - written, 0),  # theirs are all that the prompt had
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": number(usage.get("output_tokens")),
    }


def _settings(start: Start) -> list[str]:
    """As `-c` takes them, in TOML; a JSON string is one of TOML's too."""
    base = json.dumps(start.access["OPENAI_BASE_URL"])
    can_search = "WebSearch" in start.brief["tools"]
    # What it starts itself runs beside the sandbox: of its commands none would reach the runner.
    logs = [f'mcp_servers.logs={{command={json.dumps(str(start.logs))},args=["--serve"]}}'] if LOGS in start.brief["tools"] else []
    return [
        *logs,
        'approval_policy="never"',
        'model_provider="dispatch"',
        f'model_providers.dispatch={{name="dispatch",base_url={base},env_key="OPENAI_API_KEY",wire_api="responses"}}',
        "sandbox_workspace_write={network_access=false,exclude_slash_tmp=true,exclude_tmpdir_env_var=false}",
        'shell_environment_policy={ignore_default_excludes=false,exclude=["OPENAI_*"]}',
        f'web_search="{"live" if can_search else "disabled"}"',
        "project_doc_max_bytes=0",  # a repository's AGENTS.md is text like any other, and not our orders
        "skills.bundled.enabled=false",
        "analytics.enabled=false",
        "check_for_update_on_startup=false",
        f"developer_instructions={json.dumps(start.brief.get('system') or '')}",
    ]


def _begin_of(item: Line) -> Line:
    kind = str(item.get("type"))
    given = {name: value for name, value in item.items() if name not in NO_INPUT}
    if kind == "command_execution":
        given = {"command": _command(str(item.get("command")))}
    if kind == "mcp_tool_call":
        kind, given = str(item.get("tool")), as_dict(item.get("arguments"))
    return assistant({"type": "tool_use", "id": item.get("id"), "name": NAMES.get(kind, kind), "input": given})


def _end_of(item: Line) -> Line:
    said = _texts(item.get("result")) or item.get("aggregated_output")
    is_error = str(item.get("status")) in {"failed", "declined"} or bool(item.get("exit_code"))
    more = item.get("error") or item.get("result")
    words = said if isinstance(said, str) else json.dumps(more, ensure_ascii=False) if more else str(item.get("status") or "")
    return tool_result(item.get("id"), words, is_error=is_error)


def _texts(result: object) -> str:
    """What a tool of MCP has said."""
    content = as_dict(result).get("content")
    return "\n".join(str(as_dict(block).get("text") or "") for block in content) if isinstance(content, list) else ""


def _command(line: str) -> str:
    """What the shell was given to do, without the shell."""
    with contextlib.suppress(ValueError):
        match shlex.split(line):
            case [_, "-lc", command]:
                return command
    return line
