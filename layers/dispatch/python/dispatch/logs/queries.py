"""The named queries with their parameters, and the window of time that each looks at."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from dispatch.kit.shapes import Shape
from dispatch.logs.shapes import BadWindow, Window

LONGEST = timedelta(days=7)  # of one question's window
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
SPAN = re.compile(r"([0-9]{1,6})([smhd])")


def _moment(text: str) -> str:
    if not SPAN.fullmatch(text):
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("say how long ago, as 30m, 2h or 7d, or a time, as 2026-01-31T12:00:00Z") from None
    return text


def _span(text: str) -> str:
    if not SPAN.fullmatch(text):
        raise ValueError("say how long, as 30m, 2h or 1d")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Moment = Annotated[str, StringConstraints(max_length=40), AfterValidator(_moment)]
Span = Annotated[str, StringConstraints(max_length=10), AfterValidator(_span)]
Group = Literal["source", "feature", "level", "release"]


class Level(StrEnum):
    """How bad a line is; `error` is everything worse too."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"


class NamedQuery(Shape):
    """A question with a name. A parameter nobody knows is refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]
    usual: ClassVar[str | None] = None  # the parameter that may be given without its name


class Windowed(NamedQuery):
    """One that looks at a window of time."""

    since: Annotated[Moment, Field(description="how long ago (30m, 2h, 7d) or a time; at most 7 days before until")] = "1h"
    until: Annotated[Moment | None, Field(description="the window's end, likewise; now where it is left out")] = None


class Errors(Windowed):
    """Error lines, grouped by source, feature and message, the most frequent first."""

    name: ClassVar[str] = "errors"
    usual: ClassVar[str | None] = "source"
    source: Text | None = None
    feature: Text | None = None
    limit: Annotated[int, Field(ge=1, le=100, description="most groups")] = 30


class Search(Windowed):
    """Lines that contain a text, the newest first."""

    name: ClassVar[str] = "search"
    usual: ClassVar[str | None] = "text"
    text: Annotated[Text, Field(description="found as it stands, whatever its case")]
    source: Text | None = None
    feature: Text | None = None
    level: Level | None = None
    limit: Annotated[int, Field(ge=1, le=200, description="most lines")] = 50


class Stats(Windowed):
    """How many lines there were over time, by source, feature, level or release."""

    name: ClassVar[str] = "stats"
    usual: ClassVar[str | None] = "by"
    by: Group = "source"
    source: Text | None = None
    feature: Text | None = None
    level: Level | None = None


class Compare(NamedQuery):
    """How many lines there were before and after a moment, as a deployment's, by source, feature, level or release."""

    name: ClassVar[str] = "compare"
    usual: ClassVar[str | None] = "at"
    at: Annotated[Moment, Field(description="the moment: a time, or how long ago")]
    window: Annotated[Span, Field(description="how much to look at on each side, at most 3d")] = "1h"
    by: Group = "source"
    source: Text | None = None
    feature: Text | None = None
    level: Level | None = Level.ERROR


class Trace(Windowed):
    """Everything that was logged for one request or trace, the oldest first."""

    name: ClassVar[str] = "trace"
    usual: ClassVar[str | None] = "id"
    id: Annotated[Text, Field(description="a request's or a trace's id")]
    limit: Annotated[int, Field(ge=1, le=500, description="most lines")] = 200


class Activity(Windowed):
    """What a user or an organisation did, the newest first."""

    name: ClassVar[str] = "activity"
    usual: ClassVar[str | None] = "user"
    user: Annotated[Text | None, Field(description="a user's id")] = None
    organisation: Annotated[Text | None, Field(description="an organisation's id")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="most lines")] = 50

    @model_validator(mode="after")
    def _names_one(self) -> "Activity":
        if self.user is None and self.organisation is None:
            raise ValueError("give a user or an organisation")
        return self


class Impact(Windowed):
    """How many users and organisations an error struck."""

    name: ClassVar[str] = "impact"
    usual: ClassVar[str | None] = "message"
    message: Annotated[Text | None, Field(description="words of the error's message; what varies in it is left out")] = None
    source: Text | None = None
    feature: Text | None = None

    @model_validator(mode="after")
    def _names_something(self) -> "Impact":
        if self.message is None and self.source is None and self.feature is None:
            raise ValueError("give a message, a source or a feature")
        return self


QUERIES: dict[str, type[NamedQuery]] = {query.name: query for query in (Errors, Search, Stats, Compare, Trace, Activity, Impact)}


def moment_of(text: str, now: datetime) -> datetime:
    """What "2h" or a time means; a time without a zone is in UTC. Raises BadWindow."""
    try:
        if span := SPAN.fullmatch(text):
            return now - timedelta(**{UNITS[span[2]]: int(span[1])})
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise BadWindow("There are no logs of that time.") from None


def window_of(query: Windowed, now: datetime) -> Window:
    """The window that a question looks at. Raises BadWindow where it is none, or longer than 7 days."""
    until = min(moment_of(query.until, now), now) if query.until else now
    since = moment_of(query.since, now)
    if since >= until:
        raise BadWindow("The window ends before it begins: `since` has to be earlier than `until`, and than now.")
    if until - since > LONGEST:
        raise BadWindow("The window is longer than 7 days, the most that one question may look at.")
    return Window(since=since, until=until)
