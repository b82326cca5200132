"""From a line of the runner's language, Claude Code's stream-json, to the events of the protocol. Pure: no clock, no files, no network.

Written against the common core of 2.0.76, 2.1.197 and 2.1.330; what it does not know becomes nothing, and no line can break it.
"""

import json
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

TEXT_LIMIT = 64 * 1024  # bytes of one event's text; the protocol's limit
SYNTHETIC = "<synthetic>"  # the CLI's name for a model when it speaks itself, to report an API error

Data = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """Something the agent did, as the protocol names it."""

    kind: str
    data: Data


@dataclass
class Translator:
    """Turns the lines of one CLI process into events, remembering which tool calls are open.

    `root` is the worktree: paths in diffs are told relative to it. `open_calls`: a tool call's id -> its name, its start in seconds, and
    the subagent it belongs to. `messages`: the latest message of each.
    """

    root: str
    started: bool = False
    open_calls: dict[str, tuple[str, float, object]] = field(default_factory=dict)
    messages: dict[object, object] = field(default_factory=dict)

    def translate(self, line: Data, now: float) -> list[Event]:
        """The events that `line` stands for, in order; most often one. `now` is any steady clock, in seconds."""
        kind = line.get("type")
        if kind == "system":
            return self._of_system(line)
        blocks = _blocks(line)
        if kind == "assistant":
            self._close_forgotten(line)
            found = [self._of_speech(line, block, now) for block in blocks]
        elif kind == "user":
            found = [self._of_tool_result(line, block, now) for block in blocks]
        else:
            return []
        return [_marked(event, line.get("parent_tool_use_id")) for event in found if event]

    def tool_in_flight(self) -> str | None:
        """Name of the tool that has been running longest; None while the model thinks."""
        return next((name for name, *_ in list(self.open_calls.values())), None)

    def _close_forgotten(self, line: Data) -> None:
        """A new message means that the tools of the one before have answered: one whose answer was never told does not run for ever."""
        thread, message = line.get("parent_tool_use_id"), _dict(line.get("message")).get("id")
        if self.messages.get(thread) not in {None, message}:
            self.open_calls = {call: facts for call, facts in self.open_calls.items() if facts[2] != thread}
        self.messages[thread] = message

    def _of_system(self, line: Data) -> list[Event]:
        if line.get("subtype") != "init":
            notice = _NOTICES.get(str(line.get("subtype")))
            return [notice(line)] if notice else []
        if self.started:
            return []
        self.started = True
        tools = [tool for tool in _list(line.get("tools")) if isinstance(tool, str)]
        return [Event("started", {"model": line.get("model"), "cli_version": line.get("claude_code_version"), "tools": tools})]

    def _of_speech(self, line: Data, block: Data, now: float) -> Event | None:
        kind = block.get("type")
        if kind == "text":
            failed = line.get("is_api_error_message") or _dict(line.get("message")).get("model") == SYNTHETIC
            return _notice("error", block.get("text")) if failed else Event("message", clipped(block.get("text")))
        if kind == "thinking":
            return Event("thinking", clipped(block.get("thinking"))) if block.get("thinking") else None
        if kind in {"tool_use", "server_tool_use"}:
            self.open_calls[str(block.get("id"))] = (str(block.get("name")), now, line.get("parent_tool_use_id"))
            return Event("tool_use", {"id": block.get("id"), "name": block.get("name"), **_clipped_input(block.get("input"))})
        return None

    def _of_tool_result(self, line: Data, block: Data, now: float) -> Event | None:
        if block.get("type") != "tool_result":
            return None
        call = str(block.get("tool_use_id"))
        name, began, _ = self.open_calls.pop(call, ("", now, None))
        data = {"id": call, "name": name, **clipped(_text_of(block.get("content"))), "is_error": bool(block.get("is_error"))}
        diff = diff_of(line.get("tool_use_result"), self.root) if len(_blocks(line)) == 1 else None
        return Event("tool_result", data | {"ms": round((now - began) * 1000)} | ({"diff": diff} if diff else {}))


def read_line(raw: bytes) -> Data | None:
    """The JSON object on a line of the CLI's output; None for anything else."""
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def clipped(text: object) -> Data:
    """`{"text": ...}`, cut at the limit in the open: then `cut` is true and `full_length` is its length in characters."""
    words = text if isinstance(text, str) else ""
    kept = words.encode(errors="replace")
    if len(kept) <= TEXT_LIMIT:
        return {"text": kept.decode()}
    return {"text": kept[:TEXT_LIMIT].decode(errors="ignore"), "cut": True, "full_length": len(words)}


def diff_of(result: object, root: str) -> Data | None:
    """The change that an Edit or a Write reports about itself: `{"path", "hunks"}`; None where it reports none."""
    found = _dict(result)
    hunks = [_hunk(hunk) for hunk in _list(found.get("structuredPatch")) if isinstance(hunk, dict)]
    if not hunks and found.get("type") == "create" and isinstance(found.get("content"), str):
        lines = found["content"].splitlines()
        hunks = [{"oldStart": 0, "oldLines": 0, "newStart": 1, "newLines": len(lines), "lines": [f"+{line}" for line in lines]}]
    if not hunks or not isinstance(found.get("filePath"), str):
        return None
    return _clipped_diff({"path": _relative(found["filePath"], root), "hunks": hunks})


def _hunk(hunk: Data) -> Data:
    return {
        **{key: hunk.get(key, 0) for key in ("oldStart", "oldLines", "newStart", "newLines")},
        "lines": [line for line in _list(hunk.get("lines")) if isinstance(line, str)],
    }


def _clipped_diff(diff: Data) -> Data:
    room, whole = TEXT_LIMIT, sum(len(hunk["lines"]) for hunk in diff["hunks"])
    for hunk in diff["hunks"]:
        kept = []
        for line in hunk["lines"]:
            room -= len(line.encode(errors="replace")) + 4  # its quotes and comma
            if room < 0:
                break
            kept.append(line)
        hunk["lines"] = kept
    shown = sum(len(hunk["lines"]) for hunk in diff["hunks"])
    return diff if shown == whole else diff | {"cut": True, "full_length": whole}


def _clipped_input(given: object) -> Data:
    if len(json.dumps(given).encode()) <= TEXT_LIMIT:
        return {"input": _dict(given)}
    strings = {key: value for key, value in _dict(given).items() if isinstance(value, str)}
    share = TEXT_LIMIT // (2 * max(len(strings), 1))  # JSON may need two bytes for one
    return {"input": {key: value[:share] for key, value in strings.items()}, "cut": True, "full_length": len(json.dumps(given))}


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(_text_of_block(block) for block in _list(content) if isinstance(block, dict))


def _text_of_block(block: Data) -> str:
    if isinstance(block.get("text"), str):
        return block["text"]
    return f"[{block.get('type')} {block.get('tool_name', '')}]".replace(" ]", "]")


def _marked(event: Event, parent: object) -> Event:
    return Event(event.kind, event.data | {"parent": parent}) if parent else event


def _relative(path: str, root: str) -> str:
    pure = PurePosixPath(path)
    return str(pure.relative_to(root)) if pure.is_relative_to(root) else path


def _notice(level: str, text: object) -> Event:
    return Event("notice", {"level": level, **clipped(text)})


def _retry(line: Data) -> Event:
    tries = f"try {line.get('attempt')} of {line.get('max_retries')}"
    return _notice("warning", f"The model's API answered {line.get('error_status')} ({line.get('error')}); {tries}.")


def _denied(line: Data) -> Event:
    return _notice("warning", f"{line.get('tool_name')} was refused: {line.get('message') or line.get('decision_reason')}")


_NOTICES = {
    "notice": lambda line: _notice(str(line.get("level")), line.get("text")),  # an engine's adapter says it
    "api_retry": _retry,
    "permission_denied": _denied,
    "task_started": lambda line: _notice("info", f"A subagent begins: {line.get('description')}"),
    "task_notification": lambda line: _notice("info", f"A subagent is {line.get('status')}: {line.get('summary')}"),
    "compact_boundary": lambda _: _notice("info", "The conversation so far was summarised to make room."),
}


def _blocks(line: Data) -> list[Data]:
    return [block for block in _list(_dict(line.get("message")).get("content")) if isinstance(block, dict)]


def _dict(value: object) -> Data:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
