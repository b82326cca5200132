"""What each named query asks Loki, and what it makes of the answer. No work is open here: an application's Loki may be slow."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from dispatch.clients import logql, loki
from dispatch.clients.logql import Part
from dispatch.clients.loki import Counted, Entry
from dispatch.kit.settings import settings
from dispatch.logs.fields import NAMES, fit, is_one, like_message
from dispatch.logs.grouping import change_of, count_by, group_errors, series_of, struck
from dispatch.logs.lines import read_line
from dispatch.logs.queries import Activity, Compare, Errors, Impact, Level, NamedQuery, Search, Stats, Trace, moment_of, window_of
from dispatch.logs.shapes import BadWindow, LogAnswer, Window

LOOKED_AT = 1000  # lines that are grouped or counted by us; Loki's own counts have no such bound
MOST_SERIES = 20
MOST_POINTS = 48
LONGEST_SIDE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Asking:
    """The moment a question is asked, and until when Loki may take to answer it (of the monotonic clock)."""

    now: datetime
    deadline: float

    @classmethod
    def begin(cls, now: datetime, patience_s: float = loki.PATIENCE_S) -> "Asking":
        return cls(now, time.monotonic() + patience_s)

    def lines(self, parts: list[Part], window: Window, limit: int, order: Literal["backward", "forward"] = "backward") -> list[Entry]:
        """Lines of the window, and one more than `limit` where there are more."""
        query = logql.lines(selector(), parts)
        return loki.read_lines(query, window.since, window.until, limit=limit + 1, deadline=self.deadline, order=order)

    def counts(self, parts: list[Part], window: Window, by: tuple[str, ...] = ()) -> list[Counted]:
        """How many lines of the window fit."""
        query = logql.counts(selector(), parts, over=window.length, by=by)
        return loki.count_at(query, window.until, deadline=self.deadline)

    def total(self, parts: list[Part], window: Window) -> int:
        """How many lines of the window fit, in all; Loki leaves a sum of nothing out."""
        return round(sum(value for one in self.counts(parts, window) for _, value in one.points))


def selector() -> str:
    """The streams that are the application's."""
    if not loki.is_connected():
        raise loki.NotConnected
    return settings().loki_selector


def answer(query: NamedQuery, asking: Asking) -> LogAnswer:
    """What the query finds. Raises BadWindow, and whatever `clients.loki` refuses."""
    return ANSWERS[type(query)](query, asking)


def errors(query: Errors, asking: Asking) -> LogAnswer:
    """The newest error lines, counted by what they say; and how many there are in all."""
    window = window_of(query, asking.now)
    parts = fit(source=query.source, feature=query.feature, level=Level.ERROR)
    total = asking.total(parts, window)
    entries = asking.lines(parts, window, LOOKED_AT) if total else []
    rows, notes = group_errors(entries[:LOOKED_AT]), list[str]()
    if len(entries) > LOOKED_AT:
        notes.append(f"The counts are of the newest {LOOKED_AT:,} of {total:,} error lines.")
    if len(rows) > query.limit:
        notes.append(f"{len(rows) - query.limit} further groups are left out.")
    return _answer(query, parts, window, rows=rows[: query.limit], total=total, truncated=bool(notes), notes=notes)


def search(query: Search, asking: Asking) -> LogAnswer:
    """Lines with the text."""
    text: list[Part] = [logql.Contains(query.text, ignore_case=True)]
    parts = text + fit(source=query.source, feature=query.feature, level=query.level)
    return _lines(query, parts, window_of(query, asking.now), asking, query.limit)


def stats(query: Stats, asking: Asking) -> LogAnswer:
    """Counts at a few dozen steps of the window, the largest group first."""
    window = window_of(query, asking.now)
    parts = fit(source=query.source, feature=query.feature, level=query.level)
    step = timedelta(seconds=max(60, round(window.length.total_seconds() / MOST_POINTS)))
    asked = logql.counts(selector(), parts, over=step, by=NAMES[query.by])
    found = loki.count_over(asked, window.since + step, window.until, step=step, deadline=asking.deadline)
    series = sorted(series_of(query.by, found), key=lambda one: -one.total)
    notes = [f"The {len(series) - MOST_SERIES} smallest groups are left out."] if len(series) > MOST_SERIES else []
    total = sum(one.total for one in series)
    return _answer(query, parts, window, series=series[:MOST_SERIES], total=total, truncated=bool(notes), notes=notes)


def compare(query: Compare, asking: Asking) -> LogAnswer:
    """The lines of both sides, as many an hour; what changed most comes first. The later side may be shorter, as it ends now."""
    at = moment_of(query.at, asking.now)
    length = asking.now - moment_of(query.window, asking.now)
    if not timedelta(0) < length <= LONGEST_SIDE or at >= asking.now:
        raise BadWindow("Compare looks at up to 3d on each side of a moment that is past.")
    earlier, later = Window(since=at - length, until=at), Window(since=at, until=min(at + length, asking.now))
    parts = fit(source=query.source, feature=query.feature, level=query.level)
    before, after = (count_by(query.by, asking.counts(parts, side, NAMES[query.by])) for side in (earlier, later))
    rows = [change_of(query.by, group, ((before, earlier), (after, later))) for group in {*before, *after}]
    rows.sort(key=lambda row: -abs(row.count - (row.before or 0)))
    notes = [f"The {len(rows) - MOST_SERIES} groups that changed least are left out."] if len(rows) > MOST_SERIES else []
    whole = Window(since=earlier.since, until=later.until)
    if later.length < length:
        notes.append(f"Only {_spoken(later.length)} have passed since; counts are compared by the hour.")
    return _answer(query, parts, whole, rows=rows[:MOST_SERIES], truncated=len(rows) > MOST_SERIES, notes=notes)


def trace(query: Trace, asking: Asking) -> LogAnswer:
    """Every line of the request, as it went."""
    return _lines(query, is_one("request", query.id), window_of(query, asking.now), asking, query.limit, order="forward")


def activity(query: Activity, asking: Asking) -> LogAnswer:
    """The lines that name the user or the organisation."""
    parts = is_one("user", query.user) if query.user else []
    parts = [*parts, *(is_one("organisation", query.organisation) if query.organisation else [])]
    return _lines(query, parts, window_of(query, asking.now), asking, query.limit)


def impact(query: Impact, asking: Asking) -> LogAnswer:
    """Whom the error lines name, counted once each."""
    like = like_message(query.message) if query.message else []
    if query.message and not like:
        raise BadWindow("Nothing of that message stays the same from one time to the next. Give other words of it.")
    parts = [*like, *fit(source=query.source, feature=query.feature, level=Level.ERROR)]
    window = window_of(query, asking.now)
    entries = asking.lines(parts, window, LOOKED_AT)
    is_cut = len(entries) > LOOKED_AT
    notes = [f"Only the newest {LOOKED_AT:,} lines were looked at: there may be more."] if is_cut else []
    rows = [struck(what, entries[:LOOKED_AT]) for what in ("user", "organisation")]
    return _answer(query, parts, window, rows=rows, total=min(len(entries), LOOKED_AT), truncated=is_cut, notes=notes)


def _lines(
    query: NamedQuery, parts: list[Part], window: Window, asking: Asking, limit: int, order: Literal["backward", "forward"] = "backward"
) -> LogAnswer:
    entries = asking.lines(parts, window, limit, order)
    is_cut = len(entries) > limit
    which = "first" if order == "forward" else "newest"
    notes = [f"There are more: these are the {which} {limit}."] if is_cut else []
    return _answer(query, parts, window, lines=[read_line(entry) for entry in entries[:limit]], truncated=is_cut, notes=notes)


def _answer(query: NamedQuery, parts: list[Part], window: Window, **found: Any) -> LogAnswer:
    return LogAnswer(query=query.name, logql=logql.lines(selector(), parts), window=window, **found)


def _spoken(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"


ANSWERS: dict[type[NamedQuery], Callable[[Any, Asking], LogAnswer]] = {
    Errors: errors,
    Search: search,
    Stats: stats,
    Compare: compare,
    Trace: trace,
    Activity: activity,
    Impact: impact,
}
