"""The shapes of logs: what a named query answers, and who asks."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import ConfigDict

from dispatch.kit.actors import Actor
from dispatch.kit.errors import BadInput, Conflict, NotFound, TooMany
from dispatch.kit.shapes import Shape


class NoSuchQuery(NotFound):
    """There is no such named query."""


class BadWindow(BadInput):
    """That is no window of time."""


class TooManyQueries(TooMany):
    """The logs were asked too often. Wait a minute."""


class QuotaSpent(TooMany):
    """This run has asked the logs as often as it may."""


class RunHasEnded(Conflict):
    """The run has ended: it asks nothing any more."""


class Window(Shape):
    """From a moment to another."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since


class LogLine(Shape):
    """One line, read: masked, without anything that would act on a screen, each part cut in the open where it is long."""

    at: datetime
    level: str | None
    source: str | None
    feature: str | None
    message: str
    fields: dict[str, str]


class LogRow(Shape):
    """What many lines have in common, and how many they are. `before` and `change` are a comparison's: lines an hour on each side."""

    group: dict[str, str]
    count: int
    first: datetime | None = None
    last: datetime | None = None
    before: int | None = None
    change: str | None = None


class LogPoint(Shape):
    """So many lines up to that moment."""

    at: datetime
    count: int


class LogSeries(Shape):
    """So many lines over time."""

    group: dict[str, str]
    total: int
    points: list[LogPoint]


class LogAnswer(Shape):
    """What a named query found: lines, rows or series. `notes` say what the answer leaves out, `total` how many lines fit in all."""

    query: str
    logql: str
    window: Window
    lines: list[LogLine] = []
    rows: list[LogRow] = []
    series: list[LogSeries] = []
    total: int | None = None
    truncated: bool = False
    notes: list[str] = []
    took_ms: int = 0

    @property
    def found(self) -> int:
        """How many lines, rows or series it shows."""
        return len(self.lines) + len(self.rows) + len(self.series)


class Asker(Shape):
    """Who asks: a run by its agent, or somebody else. Each has a rate of its own; a run has a quota too."""

    model_config = ConfigDict(frozen=True)

    actor: Actor
    run_id: UUID | None = None

    @property
    def key(self) -> str:
        """What makes them one and the same, whatever they ask."""
        return f"run:{self.run_id}" if self.run_id else f"{self.actor.kind}:{self.actor.name}"


class LogPart(Shape):
    """A part of what a brief tells of the logs."""

    heading: str
    text: str
