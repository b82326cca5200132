"""One alert, as Grafana's unified alerting and Alertmanager write it, as a sighting. The table of fields is docs/errors.md's."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.families import Link, NewSighting, Origin
from dispatch.intake.told import Unreadable, entities, first, key_of, links, moment, number, table, text

MOST_LINES = 10
USERS = ("userId", "user_id")
ORGANISATIONS = (
    "orgId",
    "org_id",
    "orgid",
    "organizationId",
    "organization_id",
    "organisationId",
    "organisation_id",
    "tenantId",
    "tenant_id",
)
RELEASES = ("release", "version", "app_version", "service_version", "deployment_version", "commit", "sha")
ENVIRONMENTS = ("environment", "env", "deployment_environment", "stage")
OLD_NAME = re.compile(r"(?:var|metric)='([^']{0,100})'")  # valueString: [ var='A' labels={…} value=44.2 ], [ var='B' labels={…} value=1 ]
OLD_VALUE = re.compile(r"value=(\S{1,40})$")
MOST_OLD = 20_000
NOT_THE_APPLICATION = ("DatasourceError", "DatasourceNoData")  # Grafana's own alerts about its rules


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it was told. `ended_at` None means that it fires."""

    sighting: NewSighting
    ended_at: datetime | None


def read_alert(told: Any, *, origin: Origin, at: datetime, group_status: str = "") -> Alert | None:
    """The alert, told at that moment; None for one that is not about the application. Raises Unreadable."""
    alert = table(told, "it")
    labels, annotations = table(alert.get("labels") or {}, "its labels"), table(alert.get("annotations") or {}, "its annotations")
    if labels.get("alertname") in NOT_THE_APPLICATION:
        return None
    starts, ended_at = moment(alert.get("startsAt"), now=at), _ended_at(alert, group_status, at)
    source = first(labels.get("source"), annotations.get("source"), labels.get("alertname")) or "unknown"
    feature = first(labels.get("feature"), annotations.get("feature")) or "unknown"
    values = _values(alert)
    sighting = NewSighting(
        origin=origin,
        key=_key(alert),
        source=source,
        feature=feature,
        message=_message(labels, annotations) or f"{source} reports an error in {feature}.",
        level=first(labels.get("level"), labels.get("severity")).lower() or "error",
        error=first(annotations.get("error_message"), labels.get("error_message")) or None,
        stack=first(annotations.get("stack_trace"), labels.get("error_stack")) or None,
        lines=_lines(annotations),
        count=_count(values, annotations),
        first_seen=min(starts or at, ended_at or at),
        last_seen=ended_at or at,
        fires=ended_at is None,
        release=first(*(place.get(name) for name in RELEASES for place in (labels, annotations))) or None,
        environment=first(*(place.get(name) for name in ENVIRONMENTS for place in (labels, annotations))) or None,
        users=entities(USERS, labels, annotations),
        organisations=entities(ORGANISATIONS, labels, annotations),
        links=_links(alert, annotations),
        labels={name: text(value) for name, value in labels.items() if text(value)},
        values=values,
    )
    return Alert(sighting, ended_at)


def _ended_at(alert: dict[str, Any], group_status: str, at: datetime) -> datetime | None:
    """A group that fires may hold alerts that are over, so each is asked for itself."""
    status = first(alert.get("status"), group_status, "firing").lower()
    if status not in {"firing", "resolved"}:
        raise Unreadable(f"its status is neither firing nor resolved but {status[:40]!r}")
    return (moment(alert.get("endsAt"), now=at) or at) if status == "resolved" else None


def _key(alert: dict[str, Any]) -> str | None:
    """An alert is one sighting from its start to its end, however often it is told."""
    fingerprint, starts = text(alert.get("fingerprint")), text(alert.get("startsAt"))
    return key_of(fingerprint, starts) if fingerprint and starts else None


def _message(labels: dict[str, Any], annotations: dict[str, Any]) -> str:
    told = (annotations.get(name) for name in ("msg", "description", "summary", "message"))
    return first(*told, labels.get("msg"))


def _lines(annotations: dict[str, Any]) -> list[str]:
    told = first(*(annotations.get(name) for name in ("log_lines", "sample_logs", "logs")))
    return [line.strip() for line in told.splitlines() if line.strip()][:MOST_LINES]


def _values(alert: dict[str, Any]) -> dict[str, float]:
    """The figures of the rule's queries and expressions, by their letters."""
    named = table(alert.get("values") or _old_values(text(alert.get("valueString"))), "its values")
    figures = {name: number(value) for name, value in named.items()}
    return {name: figure for name, figure in figures.items() if figure is not None}


def _old_values(told: str) -> dict[str, str]:
    """What Grafana before version 9 writes."""
    found: dict[str, str] = {}
    for part in told[:MOST_OLD].split(" ], ["):
        name, value = OLD_NAME.search(part), OLD_VALUE.search(part.removesuffix(" ]"))
        if name and value:
            found[name[1]] = value[1]
    return found


def _count(values: dict[str, float], annotations: dict[str, Any]) -> int:
    """How many were seen. A 1 may be a condition that is true, so it counts only where nothing else does."""
    rounded = [_rounded(value) for value in values.values()]
    told = [_rounded(number(annotations.get(name))) for name in ("event_count", "count", "error_count")]
    counts = [count for count in rounded if count > 1] or [count for count in told if count > 0]
    return counts[0] if counts else 1


def _rounded(value: float | None) -> int:
    return int(value + 0.5) if value is not None and value > 0 else 0


def _links(alert: dict[str, Any], annotations: dict[str, Any]) -> list[Link]:
    return links(
        ("Alert rule", alert.get("generatorURL")),
        ("Dashboard", alert.get("dashboardURL")),
        ("Panel", alert.get("panelURL")),
        ("Picture", alert.get("imageURL")),
        ("Runbook", annotations.get("runbook_url")),
        ("Silence it", alert.get("silenceURL")),
    )
