"""Tool results, read leniently and written for people: issues, the fleet, decisions."""

import json
import re
from collections.abc import Sequence
from typing import Any

from infra.laptop.model.script import Json, Result

CLOSED = {"done", "canceled", "cancelled", "closed"}
COMMON = frozenset(
    re.findall(
        r"\w+",
        "the and for with that this from into when then than but not are was were has have had its their there they them what which who "
        "why how can does did done make made please look fix add get set all any our your one too very just",
    )
)
STEM = re.compile(r"(?:ing|ed|es|s)$")


def value_of(result: Result) -> Any:
    """The result as JSON; its text under `text` when it is none."""
    try:
        return json.loads(result.text)
    except ValueError:
        return {"text": result.text}


def items_in(result: Result) -> list[Json]:
    """The things a list result holds."""
    value = value_of(result)
    if isinstance(value, dict):
        value = next((value[key] for key in ("items", "issues", "results", "matches") if isinstance(value.get(key), list)), [])
    return [item.get("issue", item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def one_in(result: Result) -> Json:
    """The issue a result holds."""
    value = value_of(result)
    if isinstance(value, dict):
        inner = value.get("issue")
        return inner if isinstance(inner, dict) else value
    return {}


def sentence_of(result: Result) -> str:
    """What an error says, as a sentence."""
    value = value_of(result)
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        for key in ("detail", "message", "error", "text", "reason"):
            if isinstance(value.get(key), str):
                return value[key]
    return result.text


def status_of(issue: Json) -> str:
    """The name of an issue's status, however it is nested."""
    status = issue.get("status", "")
    return str(status.get("name", "") if isinstance(status, dict) else status)


def is_open(issue: Json) -> bool:
    """Whether an issue's status leaves it open."""
    status = issue.get("status")
    closed = status.get("is_closed") if isinstance(status, dict) else issue.get("is_closed")
    return status_of(issue).lower() not in CLOSED if closed is None else not closed


def likeness(words: str, title: str) -> float:
    """How much of the shorter text's words the other shares, from 0 to 1."""
    one, other = _stems(words), _stems(title)
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def table_of(issues: Sequence[Json]) -> str:
    """Issues as a markdown table."""
    rows = [f"| {name(issue)} | {_cell(issue.get('title'))} | {status_of(issue)} | {issue.get('priority', '')} |" for issue in issues]
    return "\n".join(["| Issue | Title | Status | Priority |", "|---|---|---|---|", *rows])


def name(issue: Json) -> str:
    """What an issue is called aloud."""
    return str(issue.get("identifier") or issue.get("id") or "the issue")


def fleet_in_words(result: Result) -> str:
    """What runs, what waits, and what is left for today."""
    fleet = value_of(result)
    if not isinstance(fleet, dict):
        return result.text
    running, waiting, people = _list(fleet, "running"), _list(fleet, "waiting"), _list(fleet, "waits_for_a_person")
    lines = [f"**{len(running)} running, {len(waiting)} waiting.**" if running or waiting else "**Nothing is running, and nothing waits.**"]
    lines += [f"- {_run(run)}: {run.get('last_line') or run.get('state') or 'running'}" for run in running]
    lines += [f"- {_run(spawn)} waits: {spawn.get('reason') or 'for a free place'}" for spawn in waiting]
    lines += [f"- {item.get('issue', 'an issue')} waits for you: a {item.get('kind', 'question')}" for item in people]
    return "\n".join([*lines, "", *_limits(fleet)]).strip()


def decisions_in_words(result: Result) -> str:
    """Why an issue's spawns were admitted, made to wait, or refused."""
    decisions = items_in(result)
    if not decisions:
        value = value_of(result)
        return sentence_of(result) if isinstance(value, dict) and "items" not in value else "Nothing has been asked to run on it yet."
    return "\n".join(_decision(decision) for decision in decisions)


def _decision(decision: Json) -> str:
    turn = f" What would change it: {decision['would_turn']}" if decision.get("would_turn") else ""
    return f"- **{decision.get('verdict', '')}** · {decision.get('workflow', '')}: {decision.get('reason', '')}{turn}"


def _limits(fleet: Json) -> list[str]:
    slots, money = fleet.get("slots") or {}, fleet.get("money") or {}
    parts = []
    if "total" in slots:
        parts.append(f"{slots.get('used', 0)} of {slots['total']} places taken")
    if "left_usd" in money:
        parts.append(f"${float(money['left_usd']):.2f} of today's ${float(money.get('limit_usd', 0)):.2f} left")
    lines = [", ".join(parts) + "."] if parts else []
    return [*lines, "The kill switch is on: nothing new starts."] if fleet.get("kill_switch") else lines


def _run(run: Json) -> str:
    return f"{run.get('identifier') or run.get('issue') or 'a run'} · {run.get('workflow', '')}"


def _list(value: Json, key: str) -> list[Json]:
    found = value.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _cell(text: Any) -> str:
    return str(text or "").replace("|", "\\|").replace("\n", " ")


def _stems(text: str) -> set[str]:
    return {STEM.sub("", word) for word in re.findall(r"[a-z]{3,}", text.lower()) if word not in COMMON}
