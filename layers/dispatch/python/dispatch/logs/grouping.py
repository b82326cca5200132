"""What many lines have in common: the same error, the same source, the same user."""

from collections import Counter
from datetime import datetime

from dispatch.clients.loki import Counted, Entry
from dispatch.logs.fields import NAMES
from dispatch.logs.lines import FIELD_LETTERS, level_of, read_line, safe, shape_of, value_of
from dispatch.logs.shapes import LogLine, LogPoint, LogRow, LogSeries, Window

MOST_SAMPLES = 10
NAMELESS = "none"  # the group of lines that do not say


def group_errors(entries: list[Entry]) -> list[LogRow]:
    """Error lines by source, feature and message, numbers and ids in it left aside; the most frequent first."""
    found: dict[tuple[str | None, ...], list[LogLine]] = {}
    for line in map(read_line, entries):
        found.setdefault((line.source, line.feature, shape_of(line.message)), []).append(line)
    return sorted(map(_row, found.values()), key=lambda row: -row.count)


def struck(what: str, entries: list[Entry]) -> LogRow:
    """How many different users, or organisations, the lines name; and those that are named most."""
    named = Counter(value for entry in entries if (value := value_of(entry, what)))
    most = ", ".join(safe(name, FIELD_LETTERS) for name, _ in named.most_common(MOST_SAMPLES))
    return LogRow(group={"affected": f"{what}s"} | ({"most often": most} if most else {}), count=len(named))


def count_by(by: str, found: list[Counted]) -> Counter[str]:
    """What Loki counted, added up by group."""
    counted: Counter[str] = Counter()
    for one in found:
        counted[_group(by, one)] += round(sum(value for _, value in one.points))
    return counted


def series_of(by: str, found: list[Counted]) -> list[LogSeries]:
    """What Loki counted over time, by group; moments without a line are left out."""
    moments: dict[str, Counter[datetime]] = {}
    for one in found:
        moments.setdefault(_group(by, one), Counter()).update({at: round(value) for at, value in one.points})
    return [_series(by, group, counted) for group, counted in moments.items()]


def change_of(by: str, group: str, sides: tuple[tuple[Counter[str], Window], tuple[Counter[str], Window]]) -> LogRow:
    """How the group's lines an hour changed from one side to the other."""
    (before, _), (after, _) = sides
    was, now = (counted[group] / max(window.length.total_seconds() / 3600, 1 / 60) for counted, window in sides)
    change = "new" if not was else "gone" if not now else f"{now / was - 1:+.0%} an hour"
    return LogRow(group={by: safe(group, FIELD_LETTERS)}, count=after[group], before=before[group], change=change)


def _row(lines: list[LogLine]) -> LogRow:
    newest = max(lines, key=lambda line: line.at)
    given = {"source": newest.source, "feature": newest.feature, "level": level_of(newest.level), "message": newest.message}
    group = {name: text for name, text in given.items() if text}
    return LogRow(group=group, count=len(lines), first=min(line.at for line in lines), last=newest.at)


def _group(by: str, one: Counted) -> str:
    """The group's name, under whichever of its names the application has it."""
    name = next((one.labels[name] for name in NAMES[by] if one.labels.get(name)), "")
    return (level_of(name) if by == "level" else name) or NAMELESS


def _series(by: str, group: str, counted: Counter[datetime]) -> LogSeries:
    points = [LogPoint(at=at, count=count) for at, count in sorted(counted.items()) if count]
    return LogSeries(group={by: safe(group, FIELD_LETTERS)}, total=counted.total(), points=points)
