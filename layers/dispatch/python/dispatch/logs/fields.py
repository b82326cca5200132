"""What a line's fields are called, and the parts of a query that ask for them. Applications spell the same thing in several ways."""

import re
from types import MappingProxyType

from dispatch.clients.logql import Contains, Field, Part
from dispatch.logs.queries import Level

# The first is the one that docs/logs.md recommends. `| json` flattens what is nested: `user.id` is read as `user_id`.
NAMES = MappingProxyType(
    {
        "source": ("source",),
        "feature": ("feature",),
        "message": ("msg", "message"),
        "level": ("level", "severity"),
        "release": ("release", "version"),
        "request": ("request_id", "requestId", "trace_id", "traceId"),
        "user": ("user_id", "userId"),
        "organisation": ("organisation_id", "organisationId", "organization_id", "organizationId", "org_id"),
    }
)
LEVELS = MappingProxyType(  # the numbers are those of pino and bunyan
    {
        Level.ERROR: ("error", "err", "fatal", "critical", "crit", "alert", "emergency", "emerg", "panic", "50", "60"),
        Level.WARNING: ("warning", "warn", "40"),
        Level.INFO: ("info", "notice", "information", "30"),
        Level.DEBUG: ("debug", "trace", "20", "10"),
    }
)
PLAIN = re.compile(r"[A-Za-z0-9_.:/-]+\Z")  # what JSON writes as it is
VARIES = re.compile(r"[0-9•…\"'`\\<>{}\[\]@\s]|[^\x20-\x7e]")  # in a word that differs from line to line, or that JSON writes otherwise
SHORTEST = 4  # letters of a piece of a message that are worth looking for
MOST_PIECES = 4


def is_one(what: str, value: str) -> list[Part]:
    """The line's `what` is this value. Where JSON writes it as it is, the text is looked for first, which is far faster."""
    field = Field(NAMES[what], (value,))
    return [Contains(value), field] if PLAIN.match(value) else [field]


def of_level(level: Level) -> Part:
    """The line is of this level."""
    return Field(NAMES["level"], LEVELS[level], ignore_case=True)


def fit(*, source: str | None = None, feature: str | None = None, level: Level | None = None) -> list[Part]:
    """The parts for what was given of these."""
    parts: list[Part] = []
    parts += is_one("source", source) if source else []
    parts += is_one("feature", feature) if feature else []
    return [*parts, of_level(level)] if level else parts


def like_message(message: str) -> list[Part]:
    """The line has the pieces of this message that do not vary from one time to the next; none where nothing of it is left."""
    pieces = " ".join("\n" if not word or VARIES.search(word) else word for word in message.split(" ")).split("\n")
    longest = sorted({piece.strip() for piece in pieces if len(piece.strip()) >= SHORTEST}, key=len, reverse=True)[:MOST_PIECES]
    return [Contains(piece, ignore_case=True) for piece in longest]
