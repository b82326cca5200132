"""Sentry's issues and events, as its webhooks and its API write them, as sightings. What is done about them: `sentry`."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dispatch.families import NewSighting, Origin
from dispatch.intake.reading_stacks import read_stack
from dispatch.intake.told import Unreadable, entities, fields, first, items, key_of, links, moment, number, table, text

PROJECT = re.compile(r"/projects/[^/]{1,100}/([^/?]{1,100})/")  # in an event's address
ISSUE = re.compile(r"/issues/([0-9]{1,30})/")
USERS = ("id", "username", "email")  # the first that is there names the person
ORGANISATIONS = ("orgId", "org_id", "organization", "organization_id", "organisation", "tenant", "tenant_id")
SHOWN_TAGS = 30


@dataclass(frozen=True, slots=True)
class Told:
    """A report about one of Sentry's issues. `total` is how many events Sentry has of it, where it says so."""

    issue_id: str
    short_id: str
    substatus: str
    sighting: NewSighting
    total: int | None

    def with_words(self, words: dict[str, str]) -> "Told":
        """The same report in other words."""
        return replace(self, sighting=self.sighting.model_copy(update=words))


def read_issue(told: Any, *, at: datetime) -> Told:
    """An issue of Sentry's, told at that moment. Raises Unreadable."""
    issue = table(told, "the issue")
    issue_id = text(issue.get("id"))
    if not issue_id:
        raise Unreadable("the issue has no id")
    last_seen = moment(issue.get("lastSeen"), now=at) or at
    project = fields(issue.get("project"))
    users = int(number(issue.get("userCount")) or 0)
    sighting = NewSighting(
        origin=Origin.SENTRY,
        key=key_of(issue_id, first(issue.get("lastSeen"), "created")),
        source=first(project.get("slug"), project.get("name")) or "unknown",
        feature=_feature(issue),
        message=_message(issue),
        level=first(issue.get("level")).lower() or "error",
        title=text(issue.get("title")) or None,
        first_seen=min(moment(issue.get("firstSeen"), now=at) or last_seen, last_seen),
        last_seen=last_seen,
        links=links(("Sentry", first(issue.get("permalink"), issue.get("web_url")))),
        labels=_labels(issue, "shortId", "platform", "issueType", "issueCategory", "substatus", "priority"),
        values={"users": float(users)} if users > 0 else {},
    )
    total = max(1, int(number(issue.get("count")) or 1))
    return Told(issue_id, text(issue.get("shortId")), text(issue.get("substatus")).lower(), sighting, total)


def read_event(told: Any, *, at: datetime) -> Told:
    """An event of an issue of Sentry's: of an error, or of what has no exception, as a monitor's or a check's. Raises Unreadable."""
    event = table(told, "the event")
    event_id, issue_id = first(event.get("event_id"), event.get("eventID"), event.get("id")), _issue_id(event)
    if not event_id or not issue_id:
        raise Unreadable("the event has no id, or says of which issue it is")
    seen = moment(first(event.get("datetime"), event.get("dateCreated")), now=at) or moment(event.get("timestamp"), now=at) or at
    project = PROJECT.search(first(event.get("url")))
    sighting = NewSighting(
        origin=Origin.SENTRY,
        key=key_of(issue_id, event_id),
        source=_tags(event).get("source")
        or (project[1] if project else first(event.get("project_slug"), event.get("project")) or "unknown"),
        feature=_tags(event).get("feature") or _feature(event),
        message=_message(event),
        level=first(event.get("level"), _tags(event).get("level")).lower() or "error",
        title=text(event.get("title")) or None,
        first_seen=seen,
        last_seen=seen,
        links=links(("Sentry", event.get("web_url"))),
        **details(event),
    )
    return Told(issue_id, "", "", sighting, None)


def details(event: dict[str, Any]) -> dict[str, Any]:
    """What only a whole event knows: the stack, the release, whom it hit."""
    tags = _tags(event)
    error, stack = read_stack(event)
    release = event.get("release")
    return {
        "error": error,
        "stack": stack,
        "release": first(release, fields(release).get("version"), tags.get("release")) or None,
        "environment": first(event.get("environment"), tags.get("environment")) or None,
        "users": _users(event),
        "organisations": entities(ORGANISATIONS, tags),
        "labels": _labels(event, "platform", "transaction") | dict(list(tags.items())[:SHOWN_TAGS]),
    }


def _issue_id(event: dict[str, Any]) -> str:
    found = ISSUE.search(first(event.get("issue_url"), event.get("web_url")))
    return first(event.get("issue_id"), event.get("groupID")) or (found[1] if found else "")


def _feature(told: dict[str, Any]) -> str:
    return first(told.get("culprit"), told.get("transaction"), fields(told.get("metadata")).get("function")) or "unknown"


def _message(told: dict[str, Any]) -> str:
    """The kind and the words of the exception; a title is cut short by Sentry."""
    metadata, occurrence = fields(told.get("metadata")), fields(told.get("occurrence"))
    kind, value = text(metadata.get("type")), text(metadata.get("value"))
    said = f"{kind}: {value}" if kind and value else ""
    titles = (told.get("title"), occurrence.get("issueTitle"), told.get("message"), value, kind)
    return said or first(*titles) or "Sentry reports an error without words."


def _tags(event: dict[str, Any]) -> dict[str, str]:
    """Webhooks write them as pairs, the API as objects."""
    found: dict[str, str] = {}
    for tag in items(event.get("tags")):
        match tag:
            case [name, value]:
                found[text(name)] = text(value)
            case {"key": name, "value": value}:
                found[text(name)] = text(value)
            case _:
                pass
    return {name: value for name, value in found.items() if name and value}


def _users(event: dict[str, Any]) -> list[str]:
    user = fields(event.get("user"))
    named = first(*(user.get(name) for name in USERS))
    return [named] if named else []


def _labels(told: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: said for name in names if (said := text(told.get(name)))}
