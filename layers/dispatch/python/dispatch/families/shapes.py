"""The shapes of errors: the report that comes in, and the family, wording and sighting it becomes.

What reports say was chosen by whoever made the application fail, so every text is bounded here, and what is cut says so.
"""

from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field, StringConstraints

from dispatch.kit.errors import BadInput, Conflict, NotFound
from dispatch.kit.shapes import Line, Shape

CUT = "… (cut)"
GRAVE = {"fatal", "critical"}
MOST_SEEN = 1_000_000_000  # of one error in one report: a larger number is a sender's mistake, and sums must stay whole numbers


class Origin(StrEnum):
    """Who reports errors."""

    GRAFANA = "grafana"
    ALERTMANAGER = "alertmanager"
    SENTRY = "sentry"


def _text(most: int) -> BeforeValidator:
    """Text that Postgres can store, of at most so many letters; what is cut says so."""

    def bounded(given: Any) -> Any:
        if not isinstance(given, str):
            return given
        text = given.replace("\x00", "").encode(errors="replace").decode()
        return text if len(text) <= most else text[: most - len(CUT)] + CUT

    return BeforeValidator(bounded)


def _first(most: int) -> BeforeValidator:
    """The first so many of a list or a mapping."""

    def bounded(given: Any) -> Any:
        match given:
            case list():
                return given[:most]  # pyright: ignore[reportUnknownVariableType]
            case dict():
                return dict(list(given.items())[:most])  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            case _:
                return given

    return BeforeValidator(bounded)


def _finite(values: dict[str, float]) -> dict[str, float]:
    """What JSON can say."""
    return {name: value for name, value in values.items() if isfinite(value)}


Word = Annotated[str, _text(200)]
Message = Annotated[str, _text(2_000)]
Seen = Annotated[int, Field(ge=1), AfterValidator(lambda count: min(count, MOST_SEEN))]


class Link(Shape):
    """Where to read on."""

    name: Word
    url: Annotated[str, _text(2_000)]


class NewSighting(Shape):
    """One report of an error, as any sender's payload says it.

    `key` is the sender's own name of this one report: sent again, it counts no more than the highest `count` told. Without, each counts.
    """

    model_config = ConfigDict(extra="forbid")

    origin: Origin
    key: Annotated[str | None, _text(300)] = None
    source: Word
    feature: Word
    message: Message
    level: Word = "error"
    title: Annotated[str | None, _text(200)] = None  # the sender's own, where it has one (Sentry)
    error: Annotated[str | None, _text(4_000)] = None
    stack: Annotated[str | None, _text(20_000)] = None
    lines: Annotated[list[Annotated[str, _text(2_000)]], _first(10)] = []
    count: Seen = 1
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    fires: bool = False  # an alert that goes on until it is resolved; Sentry tells no end
    release: Annotated[str | None, _text(200)] = None
    environment: Annotated[str | None, _text(200)] = None
    users: Annotated[list[Word], _first(1_000)] = []
    organisations: Annotated[list[Word], _first(1_000)] = []
    links: Annotated[list[Link], _first(20)] = []
    labels: Annotated[dict[Word, Word], _first(50)] = {}
    values: Annotated[dict[Word, float], _first(50), AfterValidator(_finite)] = {}

    @property
    def is_grave(self) -> bool:
        """Whether its level says that nothing is worse."""
        return self.level.lower() in GRAVE


class Family(Shape):
    """One error, in all its wordings. `name` is `source/feature#` and 8 letters of its first fingerprint."""

    id: UUID
    name: str
    issue_id: UUID | None
    source: str
    feature: str
    message: str
    level: str
    occurrences: int
    first_seen: datetime
    last_seen: datetime


class Detail(Shape):
    """What a report says beside its figures, masked."""

    message: str = ""
    title: str | None = None
    error: str | None = None
    stack: str | None = None
    lines: list[str] = []
    links: list[Link] = []
    labels: dict[str, str] = {}
    values: dict[str, float] = {}


class Sighting(Shape):
    """One report as it is kept. `count` is the highest told; `ended_at` None means that it fires still, or that nobody tells an end."""

    id: UUID
    origin: Origin
    fingerprint: str
    family_id: UUID
    count: int
    first_seen: datetime
    last_seen: datetime
    heard_at: datetime
    ended_at: datetime | None
    fires: bool
    release: str | None
    environment: str | None
    detail: Detail


class SightingPage(Shape):
    """A page of sightings, latest first."""

    items: list[Sighting]
    next_cursor: str | None


class Scope(StrEnum):
    """What stays out."""

    SOURCE = "source"
    FAMILY = "family"


class Mute(Shape):
    """What is counted and opens nothing, until when. `value` is a source, or a family's name. `until` None means until somebody ends it."""

    id: UUID
    scope: Scope
    value: str
    because: str
    by: str
    at: datetime
    until: datetime | None


class Hit(Shape):
    """A customer whose organisations an error hits."""

    name: str
    slug: str


class Picture(Family):
    """What is known of a family, for whoever is to mend it.

    `hash` is its first fingerprint, `wordings` are its messages made equal, `detail` is what was told last, with the newest stack there is.
    """

    hash: str
    users: int
    organisations: int
    customers: list[Hit]
    releases: list[str]
    environments: list[str]
    wordings: list[str]
    detail: Detail


class Counted(Family):
    """A family as a report left it, and what the report changed. `is_due_to_be_told`: no frame was published of it for a while."""

    sighting_id: UUID
    added: int
    is_new_sighting: bool
    level_before: str
    has_first_stack: bool
    has_new_release: bool
    is_due_to_be_told: bool
    asked_at: datetime | None
    mute: Mute | None


class Recorded(Shape):
    """What came of a report. `new` is the report as it was kept, masked."""

    family: Counted
    fingerprint: str
    new: NewSighting
    has_new_organisation: bool

    @property
    def added(self) -> int:
        """How many the report added: nothing, where it was told before."""
        return self.family.added

    @property
    def before(self) -> int:
        """How often the family had been seen before."""
        return self.family.occurrences - self.family.added

    @property
    def is_new_family(self) -> bool:
        """Whether nobody had seen the error before."""
        return self.before == 0

    @property
    def is_new_sighting(self) -> bool:
        """Whether nobody had told of this very report before."""
        return self.family.is_new_sighting


class Ended(Shape):
    """A sighting whose sender says that it is over."""

    origin: Origin
    key: str


class Wish(Shape):
    """What a family wants of spawning: to be asked for, or to hear that it has healed. `cause_at` is when it was new, or came back."""

    id: UUID
    name: str
    issue_id: UUID | None
    source: str
    occurrences: int
    cause_at: datetime
    wants_spawn: bool
    healed_at: datetime | None


class NewFamily(Shape):
    """What makes a family."""

    id: UUID
    name: str
    source: str
    feature: str
    message: str
    level: str
    first_seen: datetime
    last_seen: datetime


class NewWording(Shape):
    """What makes a fingerprint known. `joined_by`: first, frames, template or hand."""

    hash: str
    version: int
    family_id: UUID
    source: str
    feature: str
    message: str
    frames: str | None
    template: str | None
    joined_by: str
    because: str
    first_seen: datetime
    last_seen: datetime


class FamilyNotFound(NotFound):
    """There is no such error."""


class MuteNotFound(NotFound):
    """There is no such mute."""


Because = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class Split(Shape):
    """Which wordings are another error."""

    model_config = ConfigDict(extra="forbid")

    fingerprints: Annotated[list[Line], Field(min_length=1, max_length=200)]
    because: Because = ""


class Merge(Shape):
    """Into which error this one goes, by its id, its name or its issue."""

    model_config = ConfigDict(extra="forbid")

    into: Line
    because: Because = ""


class NewMute(Shape):
    """What is to stay out, and until when; `value` is a source, or a family by its id, its name or its issue."""

    model_config = ConfigDict(extra="forbid")

    scope: Scope
    value: Line
    because: Line
    until: AwareDatetime | None = None


class NotItsWording(BadInput):
    """One of these fingerprints is not this error's."""


class NothingLeft(Conflict):
    """These are all of the error's wordings: nothing would be left of it."""


class SameFamily(Conflict):
    """That is one and the same error already."""
