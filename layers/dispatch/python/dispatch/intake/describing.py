"""The description of an error's issue: all that is known of it, in Markdown in which a stranger's text stays text. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from dispatch.families import Detail, NewSighting, Picture

LONGEST = 90_000  # an issue's description holds 100,000 letters
ENVIRONMENT = re.compile(r"app|namespace|pod|container|level|env|version|service|cluster|region|instance|job", re.IGNORECASE)
UNSAFE_IN_LINKS = re.compile(r"[<>\s]")
MOST_LINKS = 10


def describe(picture: Picture) -> str:
    """The description, in parts; a part about which nothing is known is left out."""
    detail = picture.detail
    parts = [
        _error(picture),
        _fingerprint(picture),
        _block("Stack trace", detail.stack),
        _block("Sample log lines", "\n".join(detail.lines)),
        _impact(picture),
        _list("Alert values", (f"{_plain(name)}: {value:g}" for name, value in detail.values.items())),
        _list("Environment", _environment(picture)),
        _list("Links", _links(detail)),
    ]
    return "\n\n".join(part for part in parts if part)[:LONGEST]


def picture_of(picture: Picture, new: NewSighting) -> Picture:
    """The picture with what this report says, where it says it."""
    said = {name: value for name in Detail.model_fields if (value := getattr(new, name))}
    return picture.model_copy(update={"detail": picture.detail.model_copy(update=said)})


def _error(picture: Picture) -> str:
    facts = [f"Source: {_code(picture.source)}", f"Feature: {_code(picture.feature)}", f"Level: {_code(picture.level)}"]
    parts = [_list("Error", facts), _fenced(picture.message)]
    if picture.detail.title and picture.detail.title not in picture.message:
        parts.append(_fenced(picture.detail.title))
    if picture.detail.error and picture.detail.error != picture.message:
        parts.append(_fenced(picture.detail.error))
    return "\n\n".join(parts)


def _fingerprint(picture: Picture) -> str:
    """How its messages are made equal, so that a reader sees why they are one error."""
    made = [f"`{picture.hash[:12]}` of {_code(picture.source)}, {_code(picture.feature)} and the message without what varies in it:"]
    return "\n\n".join(["## Fingerprint", *made, _fenced("\n".join(picture.wordings))])


def _impact(picture: Picture) -> str:
    counted = [
        f"Seen {_times(picture.occurrences)}",
        f"First seen: {_moment(picture.first_seen)}",
        f"Last seen: {_moment(picture.last_seen)}",
        picture.users and f"Users: {picture.users:,}",
        picture.organisations and f"Organisations: {picture.organisations:,}",
        picture.customers and f"Customers: {', '.join(_plain(hit.name) for hit in picture.customers)}",
    ]
    return _list("Impact", (str(line) for line in counted if line))


def _environment(picture: Picture) -> Iterable[str]:
    if picture.releases:
        yield f"Releases: {', '.join(map(_code, picture.releases[-5:]))}"
    if picture.environments:
        yield f"Environments: {', '.join(map(_code, picture.environments))}"
    for name, value in picture.detail.labels.items():
        if ENVIRONMENT.search(name):
            yield f"{_plain(name)}: {_code(value)}"


def _links(detail: Detail) -> Iterable[str]:
    for link in detail.links[:MOST_LINKS]:
        if link.url.startswith(("https://", "http://")):
            yield f"[{_plain(link.name)}](<{UNSAFE_IN_LINKS.sub('', link.url)}>)"


def _list(heading: str, lines: Iterable[str]) -> str:
    listed = "\n".join(f"- {line}" for line in lines)
    return f"## {heading}\n\n{listed}" if listed else ""


def _block(heading: str, text: str | None) -> str:
    return f"## {heading}\n\n{_fenced(text)}" if text else ""


def _fenced(text: str) -> str:
    """The text in a fence that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _code(text: str) -> str:
    """The text in one line, as code."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"


def _plain(text: str) -> str:
    """The text in one line, in which nothing is Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>()#!|])", r"\\\1", " ".join(text.split()))


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
