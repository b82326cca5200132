"""`/logs` and `/stats`: production's logs, asked by named queries with no work open, and told in markdown."""

import shlex

from dispatch import logs
from dispatch.kit.errors import BadInput
from dispatch.logs import QUERIES, Asker, LogAnswer, LogLine, LogRow
from dispatch.orchestrator.commands.markdown import plain, table
from dispatch.people import Caller

USAGE = "Ask one of: " + ", ".join(f"`/logs {query.name} {(query.usual or '').upper()}`" for query in QUERIES.values())
EXAMPLE = "Parameters follow by name, as in `/logs search declined --since 2h --source billing`."


def ask_logs(words: str, caller: Caller) -> str:
    """What a named query finds; without one, which there are."""
    if not words:
        return f"{USAGE}. {EXAMPLE}"
    name, *rest = _split(words)
    if name not in QUERIES:
        raise BadInput(f"There is no query “{plain(name, most=40)}”. {USAGE}.")
    return _told(logs.ask(logs.read_query(name, _params(rest, QUERIES[name].usual or "")), Asker(actor=caller.actor)))


def stats(words: str, caller: Caller) -> str:
    """How many lines there were in the last 24 hours, by source unless another group is named."""
    return ask_logs(f"stats --since 24h {words}", caller)


def _split(words: str) -> list[str]:
    try:
        return shlex.split(words)
    except ValueError:
        raise BadInput("A quotation mark has no second one.") from None


def _params(words: list[str], usual: str) -> dict[str, str]:
    """`--name value`, `--name=value`, or the usual parameter's value alone. What is given twice counts as it was given last."""
    params: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, has_value, value = word.removeprefix("--").partition("=")
        if not word.startswith("--"):
            params[usual] = f"{params[usual]} {word}" if usual in params else word
        else:
            params[name] = value if has_value else next(rest, "")
    return params


def _told(answer: LogAnswer) -> str:
    window = f"{answer.window.since:%Y-%m-%d %H:%M} to {answer.window.until:%Y-%m-%d %H:%M} UTC"
    total = f", {answer.total:,} lines in all" if answer.total is not None else ""
    parts = [f"**{answer.query}**, {window}{total}"]
    if answer.lines:
        parts.append("\n".join(map(_line, answer.lines)))
    if answer.rows:
        parts.append(table(("Lines", "Before", "What"), map(_row, answer.rows)))
    if answer.series:
        rows = [(str(one.total), _peak(one.points), _group(one.group)) for one in answer.series]
        parts.append(table(("Lines", "Most at once", "What"), rows))
    if len(parts) == 1:
        parts.append("Nothing was found.")
    return "\n\n".join([*parts, *(f"*{plain(note)}*" for note in answer.notes)])


def _line(line: LogLine) -> str:
    where = "/".join(word for word in (line.source, line.feature) if word)
    fields = " ".join(f"{name}={text}" for name, text in line.fields.items())
    said = " ".join(word for word in (line.level, where, line.message, fields) if word)
    return f"- {line.at:%m-%d %H:%M:%S} {plain(said, most=400)}"


def _row(row: LogRow) -> tuple[str, str, str]:
    before = "" if row.before is None else f"{row.before} ({row.change})"
    return str(row.count), before, _group(row.group)


def _group(group: dict[str, str]) -> str:
    return ", ".join(f"{plain(name)}: {plain(text, most=200)}" for name, text in group.items())


def _peak(points: list[logs.LogPoint]) -> str:
    most = max(points, key=lambda point: point.count, default=None)
    return f"{most.count} up to {most.at:%m-%d %H:%M}" if most else ""
