"""Hearing a delivery of Sentry's: its issue was seen, is resolved, or is to stay out. How a payload is read: `reading_sentry`."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from dispatch import deliveries, families, issues
from dispatch.clients import sentry
from dispatch.deliveries import Delivery
from dispatch.families import Family, NewMute, Scope
from dispatch.intake import sentry_store
from dispatch.intake.counting_sentry import Known, counted
from dispatch.intake.reading_sentry import Told, read_event, read_issue
from dispatch.intake.service import take_sighting
from dispatch.intake.told import fields, first, text
from dispatch.issues import IssueChange, NewComment
from dispatch.kit.actors import Actor, ActorKind
from dispatch.kit.work import Work

NOT_OURS = "nothing here is about this"
UNKNOWN = "nothing was heard of this issue before"
SENTRY = Actor(kind=ActorKind.SYSTEM, name="Sentry")


def hear_sentry(work: Work, delivery: Delivery) -> str:
    """What Sentry reports is known, and has moved what it moves; says in a few words what that was. Raises Unreadable."""
    resource, _, action = delivery.event.partition(".")
    data = fields(delivery.body.get("data"))
    if resource in EVENTS:
        return _see(work, delivery, read_event(data.get(EVENTS[resource]), at=delivery.received_at))
    hear = ISSUE_ACTIONS.get(action) if resource == "issue" else None
    return hear(work, delivery, read_issue(data.get("issue"), at=delivery.received_at)) if hear else NOT_OURS


def first_words(work: Work, known: Known) -> Told | None:
    """How Sentry's issue was told of first: its words are the error's, however later reports put it. None where that is forgotten."""
    delivery = deliveries.find_delivery(work, "sentry", known.delivery)
    if delivery is None:
        return None
    data = fields(delivery.body.get("data"))
    read = read_issue if "issue" in data else read_event
    return read(first_of(data), at=delivery.received_at)


def first_of(data: dict[str, Any]) -> Any:
    """What the delivery is about."""
    return next((data[name] for name in ("issue", "event", "error") if name in data), None)


def _see(work: Work, delivery: Delivery, told: Told) -> str:
    known = sentry_store.hold(work.conn, told.issue_id, delivery=delivery.id)
    words = first_words(work, known)
    if words is None:
        known, words = known.model_copy(update={"delivery": delivery.id}), told
    same = {name: getattr(words.sighting, name) for name in ("source", "feature", "message")}
    told = told.with_words(same)
    is_new = sentry_store.find_count(work.conn, told.sighting.key or "") is None
    sighting, after = counted(known, told, is_new=is_new)
    wants_details = told.total is not None and after.key != known.key and sentry.is_configured()
    sentry_store.set_known(work.conn, after.model_copy(update={"tries": 0}), ask_at=work.now if wants_details else None)
    return take_sighting(work, sighting).answer


def _unresolve(work: Work, delivery: Delivery, told: Told) -> str:
    """It is there again, or grows; or somebody only changed their mind."""
    family = _find_family(work, told)
    if family:
        _unmute(work, family)
    if told.substatus in {"regressed", "escalating"} or family is None:
        return _see(work, delivery, told)
    return _tell(work, family, f"{_named(told)} is unresolved again in Sentry, says {_who(delivery)}.")


def _resolve(work: Work, delivery: Delivery, told: Told) -> str:
    """Its issue is closed, unless something goes on there: that has a verdict of its own."""
    family = _find_family(work, told)
    issue = issues.find_issue(work, family.issue_id, lock=True) if family and family.issue_id else None
    if family is None or issue is None:
        return UNKNOWN
    reason = f"Resolved in Sentry by {_who(delivery)}."
    if issue.status.is_closed:
        return f"{issue.identifier} is closed already"
    if sentry_store.is_worked_on(work.conn, issue.id):
        return _tell(work, family, f"{reason} The issue stays open here: an agent works on it, or its fix is being watched.")
    done = next(status.name for status in issues.list_statuses(work) if status.is_closed)
    issues.update_issue(work, issue.id, IssueChange(status=done, reason=reason), actor=SENTRY)
    return f"{issue.identifier} is closed: resolved in Sentry"


def _archive(work: Work, delivery: Delivery, told: Told) -> str:
    family = _find_family(work, told)
    if family is None:
        return UNKNOWN
    if families.is_muted(work, family):
        return f"{family.name} stays out already"
    until = _future(fields(first_of(fields(delivery.body.get("data")))), now=work.now)
    mute = NewMute(scope=Scope.FAMILY, value=str(family.id), because=f"Archived in Sentry by {_who(delivery)}.", until=until)
    families.mute(work, mute, actor=SENTRY)
    return f"{family.name} stays out: archived in Sentry"


def _unmute(work: Work, family: Family) -> None:
    """What was archived there speaks again here; what somebody muted here stays muted."""
    mute = families.is_muted(work, family)
    if mute and mute.scope == Scope.FAMILY and mute.by == SENTRY.name:
        families.unmute(work, mute.id, actor=SENTRY)


def _find_family(work: Work, told: Told) -> Family | None:
    family_id = sentry_store.find_family_id(work.conn, told.issue_id)
    return families.find_family(work, family_id) if family_id else None


def _tell(work: Work, family: Family, sentence: str) -> str:
    """The issue's story has the sentence."""
    if family.issue_id is None:
        return UNKNOWN
    issues.add_comment(work, family.issue_id, NewComment(body=sentence), actor=SENTRY)
    return f"{family.name}: told in its issue's story"


def _named(told: Told) -> str:
    return told.short_id or f"Issue {told.issue_id}"


def _who(delivery: Delivery) -> str:
    """A name that Sentry gives, for people to read."""
    return " ".join(first(fields(delivery.body.get("actor")).get("name")).split())[:100] or "somebody"


def _future(issue: dict[str, Any], *, now: datetime) -> datetime | None:
    """Until when it is archived, where it is until a moment."""
    try:
        until = datetime.fromisoformat(text(fields(issue.get("statusDetails")).get("ignoreUntil")))
        until = until.replace(tzinfo=UTC) if until.tzinfo is None else until.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return until if until > now else None


EVENTS = MappingProxyType({"event_alert": "event", "error": "error"})
SENTRY_RESOURCES = frozenset({"issue", *EVENTS})
ISSUE_ACTIONS: MappingProxyType[str, Callable[[Work, Delivery, Told], str]] = MappingProxyType(
    {"created": _see, "unresolved": _unresolve, "resolved": _resolve, "archived": _archive, "ignored": _archive}
)
