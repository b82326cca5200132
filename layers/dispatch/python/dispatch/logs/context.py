"""What the logs say around one error, for a brief; and how much is logged at all, for a verdict."""

from datetime import datetime, timedelta

from dispatch.clients.loki import is_connected
from dispatch.kit import clock
from dispatch.logs.asking import Asking, group_errors, struck
from dispatch.logs.fields import fit, is_one, like_message
from dispatch.logs.lines import CUT, read_line
from dispatch.logs.queries import Level
from dispatch.logs.shapes import LogLine, LogPart, LogRow, Window

RECENT = timedelta(hours=24)
AROUND = timedelta(minutes=15)  # what fails at the same time, before and after
MOST_LINES = 12
LOOKED_AT = 500
MOST_OTHERS = 10
PART_LETTERS = 12_000


def traffic(source: str, since: datetime, until: datetime) -> float | None:
    """How many lines of any level the source logged; None where no logs are connected.

    To be asked with no work open. Raises what `clients.loki` refuses.
    """
    if not is_connected() or since >= until:
        return None
    return float(Asking.begin(clock.now()).total(is_one("source", source), Window(since=since, until=until)))


def context_for(source: str, feature: str, message: str, last_seen: datetime, *, patience_s: float) -> list[LogPart]:
    """What to tell an agent of this error: its newest lines, how often it came, whom it struck, and what else failed then.

    To be asked with no work open. Raises what `clients.loki` refuses.
    """
    asking = Asking.begin(clock.now(), patience_s)
    seen = min(last_seen, asking.now)
    until = asking.now if asking.now - seen < RECENT else seen + AROUND
    window = Window(since=until - RECENT, until=until)
    where = fit(source=_known(source), feature=_known(feature), level=Level.ERROR)
    same = [*like_message(message.removesuffix(CUT)), *where]
    entries = asking.lines(same, window, LOOKED_AT)[:LOOKED_AT]
    newest = [read_line(entry) for entry in entries[:MOST_LINES]]
    around = Window(since=seen - AROUND, until=min(seen + AROUND, until))
    others = [row for row in group_errors(asking.lines(fit(level=Level.ERROR), around, LOOKED_AT)) if not _is_of(row, newest)]
    total = asking.total(same, window)
    return [
        LogPart(heading="Its newest lines in the logs", text=_text([_line(line) for line in newest])),
        LogPart(heading=f"How often, in the 24 hours before {until:%Y-%m-%d %H:%M} UTC", text=_counts(total, [one.at for one in entries])),
        LogPart(heading="Whom it struck", text=_text([_row(struck(what, entries)) for what in ("user", "organisation")])),
        LogPart(heading="What else failed at the same time", text=_text([_row(row) for row in others[:MOST_OTHERS]])),
    ]


def _known(name: str) -> str | None:
    return None if name == "unknown" else name


def _is_of(row: LogRow, lines: list[LogLine]) -> bool:
    """Whether the group is the error itself."""
    return any(row.group.get("message") == line.message for line in lines)


def _counts(total: int, moments: list[datetime]) -> str:
    hours: dict[str, int] = {}
    for at in sorted(moments):
        hours[f"{at:%m-%d %H}:00"] = hours.get(f"{at:%m-%d %H}:00", 0) + 1
    of = "" if total <= len(moments) else f" (of the newest {len(moments)})"
    return _text([f"{total} lines in all.", *(f"{hour}  {count}{of}" for hour, count in hours.items())])


def _line(line: LogLine) -> str:
    fields = " ".join(f"{name}={text}" for name, text in line.fields.items())
    return f"{line.at:%Y-%m-%d %H:%M:%S} {line.level or ''} {line.message} {fields}".strip()


def _row(row: LogRow) -> str:
    return f"{row.count} times {', '.join(f'{name}: {text}' for name, text in row.group.items())}"


def _text(lines: list[str]) -> str:
    text = "\n".join(lines) or "Nothing."
    return text if len(text) <= PART_LETTERS else f"{text[:PART_LETTERS]}… (cut)"
