"""What the pipeline would make of a sample of logs: which lines it understands, what others lack, and the families of their errors."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any, cast
from uuid import UUID, uuid4

from dispatch import families
from dispatch.families import Known

REQUIRED = ("level", "msg", "source", "feature")
OTHER_NAMES = {  # what loggers call the required ones
    "level": ("severity", "lvl", "loglevel", "log_level", "levelname", "@level"),
    "msg": ("message", "text", "event", "@message", "@m"),
    "source": ("service", "module", "component", "logger", "name"),
    "feature": ("operation", "action", "function", "op"),
}
ERRORS = ("error", "fatal", "critical")  # as the alert rules have it, in any case of letters
TIMES = ("timestamp", "time", "ts", "@timestamp")
ENTITIES = re.compile(r"(?:user|org|organi[sz]ation|application|app|customer|tenant|account|request)_?id", re.IGNORECASE)
MOST_BYTES = 256 * 1024  # Loki's own limit of a line
MOST_WORDINGS = 10_000  # are grouped: a sample of more errors than that tells nothing new
MOST_ALIKE = 300  # wordings that a new one is compared with, as intake does
MOST_LINES_NAMED = 10
STACKED = re.compile(r"\s+(?:at |File \"|from |\.\.\. )|Traceback|Caused by|goroutine ")


@dataclass
class Finding:
    """One thing that is wrong, or could be better: how often, and the first lines of it."""

    count: int = 0
    lines: list[int] = field(default_factory=lambda: [])

    def add(self, number: int) -> None:
        """Another line has it."""
        self.count += 1
        if len(self.lines) < MOST_LINES_NAMED:
            self.lines.append(number)


@dataclass
class Group:
    """A family as it would be: `message` is its template, or its only wording."""

    source: str
    feature: str
    message: str
    count: int = 0
    wordings: int = 0


@dataclass
class Report:
    """What there is to say of a sample. `understood` are lines with every required field; `errors` are those that alerts are made of."""

    lines: int = 0
    understood: int = 0
    errors: int = 0
    problems: dict[str, Finding] = field(default_factory=lambda: defaultdict(Finding))
    advice: dict[str, Finding] = field(default_factory=lambda: defaultdict(Finding))
    groups: dict[UUID, Group] = field(default_factory=lambda: {})
    not_grouped: int = 0


class Grouping:
    """The families of a sample, as intake would make them one after another."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._families: dict[str, UUID] = {}
        self._known: dict[tuple[str, str, str], list[Known]] = defaultdict(list)

    def add(self, entry: dict[str, Any]) -> None:
        """The error is counted in its family."""
        source, feature = str(entry["source"]), str(entry["feature"])
        wording = families.fingerprint_of(source, feature, entry["msg"])
        family_id = self._families.get(wording.hash)
        if family_id is None:
            if len(self._families) >= MOST_WORDINGS:
                self._report.not_grouped += 1
                return
            alike = self._known[source, feature, wording.message.partition(" ")[0]]
            place = families.group(wording, _stack(entry), alike)
            family_id = place.family_id or uuid4()
            known = Known(hash=wording.hash, family_id=family_id, message=wording.message, frames=place.frames, template=place.template)
            alike.append(known)
            del alike[:-MOST_ALIKE]
            self._families[wording.hash] = family_id
            group = self._report.groups.setdefault(family_id, Group(source, feature, wording.message))
            group.message = place.template if group.wordings else wording.message
            group.wordings += 1
        self._report.groups[family_id].count += 1


def read(stream: IO[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Each line that is not empty: its number, at most MOST_BYTES of it, and whether that is all. No line is held in memory beyond that."""
    number = 0
    while line := stream.readline(MOST_BYTES + 1):
        number += 1
        is_whole = len(line) <= MOST_BYTES or line.endswith(b"\n")
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(MOST_BYTES)
        if line.strip():
            yield number, line, is_whole


def judge(lines: Iterable[tuple[int, bytes, bool]]) -> Report:
    """The report of the lines of a sample."""
    report = Report()
    grouping = Grouping(report)
    for number, line, is_whole in lines:
        report.lines += 1
        entry = _entry(line) if is_whole else "longer than 256 KB: Loki refuses it"
        problems = [entry] if isinstance(entry, str) else list(_missing(entry))
        for problem in problems:
            report.problems[problem].add(number)
        if problems or isinstance(entry, str):
            continue
        report.understood += 1
        if str(entry["level"]).lower() in ERRORS:
            report.errors += 1
            grouping.add(entry)
            for advice in _advice(entry):
                report.advice[advice].add(number)
    return report


def _entry(line: bytes) -> dict[str, Any] | str:
    """The line's fields, or what is wrong with it as a whole."""
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "not UTF-8"
    try:
        entry = json.loads(text)
    except RecursionError:
        return "JSON, nested too deep"
    except ValueError:
        return _not_json(text)
    return cast("dict[str, Any]", entry) if isinstance(entry, dict) else "JSON, but no object of fields"


def _not_json(text: str) -> str:
    if STACKED.match(text):
        return "a stack printed over several lines: put it into the field `stack`"
    if text.lstrip().startswith("{"):
        return "JSON that is cut off or broken"
    return "text before the JSON: print the JSON alone" if '{"' in text else "plain text, not JSON"


def _missing(entry: dict[str, Any]) -> Iterator[str]:
    for name in REQUIRED:
        value = entry.get(name)
        if name == "level" and isinstance(value, int):
            yield "`level` is a number: alerts look for the word `error`"
        elif value is None or value == "":
            known_as = next((other for other in OTHER_NAMES[name] if entry.get(other)), None)
            yield f"`{name}` is missing" + (f" (`{known_as}` is there: call it `{name}`)" if known_as else "")
        elif not isinstance(value, str):
            yield f"`{name}` is no text"
        elif not value.strip():
            yield f"`{name}` is empty"


def _advice(entry: dict[str, Any]) -> Iterator[str]:
    if not (entry.get("error") or entry.get("err")):
        yield "`error` is missing"
    if not _stack(entry):
        yield "`stack` is missing"
    told = next((entry[name] for name in TIMES if name in entry), None)
    if told is None:
        yield "`timestamp` is missing"
    elif isinstance(told, str) and not _has_zone(told):
        yield "`timestamp` is no ISO time with its zone"
    if not entry.get("release"):
        yield "`release` is missing: an old release's errors cannot be told from new ones"
    if not any(ENTITIES.fullmatch(name) for name in entry):
        yield "no `userId`, `orgId` or other id says whom it concerns"


def _has_zone(told: str) -> bool:
    try:
        return datetime.fromisoformat(told).tzinfo is not None
    except ValueError:
        return False


def _stack(entry: dict[str, Any]) -> str | None:
    error = entry.get("error")
    stack = entry.get("stack") or (cast("dict[str, Any]", error).get("stack") if isinstance(error, dict) else None)
    return stack if isinstance(stack, str) else None
