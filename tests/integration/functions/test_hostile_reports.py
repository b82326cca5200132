"""Reports of any form: never an error of ours, nothing half done, and never done twice."""

import copy
import json
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests import alerts, hooks, sentry

FEW = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "\0",
            "\ud800",
            "'; DROP TABLE family; --",
            "x" * 70_000,
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999+14:00",
            "2026-02-30T00:00:00Z",
            "1e999",
            "-5",
            "NaN",
            "javascript:alert(1)",
            "https://[::1",
            "[ var='" * 300,
            "{{ $value }}",
            "\x1b[2J",
            "%s %(source)s {0}",
            "ß" * 250 + "\u202e",
        ]
    ),
)
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([10**400, -(10**400), 2**63, 0, 1e308, -0.0]))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=8,
)


def places(told: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every part of it."""
    inside = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    return [here, *(place for name, part in inside for place in places(part, (*here, name)))]


@st.composite
def broken(draw: st.DrawFn, whole: Any) -> Any:
    """The payload with up to four parts of it replaced or gone."""
    told = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from([place for place in places(told) if place] or [()]))
        if not place:
            return draw(VALUES)
        part = told
        for name in place[:-1]:
            part = part[name]
        if draw(st.booleans()):
            part[place[-1]] = draw(VALUES)
        elif isinstance(part, dict):
            del part[place[-1]]
    return told


GROUP = alerts.group(
    alerts.alert(annotations={"stack_trace": "Error: x\n    at f (a.ts:1:2)", "log_lines": "a\nb", "org_id": "o_1", "event_count": "4"}),
    alerts.alert("f2", status="resolved", values={"A": 4, "C": 1}, silenceURL="https://grafana.local/silence"),
    alerts.alert("f3", labels={"msg": "Other"}, annotations={"msg": None}, valueString="[ var='A' labels={} value=3 ]"),
)
ISSUE = {"action": "created", "actor": sentry.SENTRY, "data": {"issue": sentry.issue()}, "installation": {"uuid": "a8"}}
EVENT = {"action": "triggered", "actor": sentry.SENTRY, "data": {"event": sentry.event(), "triggered_rule": "Every error"}}


@pytest.fixture(autouse=True)
def configured(database, repository, queues, setting):
    setting.setenv("LOKI_WEBHOOK_SECRET", alerts.SECRET)
    setting.setenv("SENTRY_CLIENT_SECRET", sentry.SECRET)
    setting.setenv("SPAWN_KILL_SWITCH", "true")


def state(database: str) -> tuple[Any, ...]:
    """What is counted, and what has an issue."""
    with psycopg.connect(database) as conn:
        families = conn.execute("SELECT name, occurrences, issue_id FROM family ORDER BY id").fetchall()
        sightings = conn.execute("SELECT id, count, fires, ended_at FROM sighting ORDER BY id").fetchall()
        issues = conn.execute("SELECT id FROM issue ORDER BY id").fetchall()
    return families, sightings, issues


def assert_done_once(database: str, tell: Any, before: tuple[Any, ...]) -> None:
    first = tell()
    after = state(database)
    again = tell()

    assert first.status in {200, 422, 413}, first.text
    assert (again.status, again.text) == (first.status, first.text)
    assert state(database) == after
    if first.status != 200:
        assert after == before


def has_identity(body: Any) -> bool:
    told = body.get("alerts") if isinstance(body, dict) else None
    return isinstance(told, list) and all(isinstance(one, dict) and one.get("fingerprint") and one.get("startsAt") for one in told)


def encoded(body: Any) -> bytes:
    return json.dumps(body).encode()


@FEW
@given(body=broken(GROUP))
@example(body=[])
@example(body={"alerts": [{"labels": {"source": "\0", "feature": "\ud800", "": ""}, "fingerprint": "f", "startsAt": "x"}]})
def test_alerts_of_any_form_are_taken_or_refused_and_once(database, body):
    before = state(database)
    if has_identity(body):
        assert_done_once(database, lambda: alerts.deliver(None, raw=encoded(body)), before)
    else:
        assert alerts.deliver(None, raw=encoded(body)).status in {200, 422, 413}


@FEW
@given(body=broken(ISSUE), action=st.sampled_from(["created", "unresolved", "resolved", "archived", "ignored", "assigned"]))
def test_sentrys_issues_of_any_form_are_taken_or_refused_and_once(database, body, action):
    if isinstance(body, dict):
        body["action"] = action
    assert_done_once(database, lambda: sentry.deliver("issue", None, raw=encoded(body)), state(database))


@FEW
@given(body=broken(EVENT), resource=st.sampled_from(["event_alert", "error", "metric_alert"]))
def test_sentrys_events_of_any_form_are_taken_or_refused_and_once(database, body, resource):
    assert_done_once(database, lambda: sentry.deliver(resource, None, raw=encoded(body)), state(database))


def with_part(whole: Any, place: tuple[Any, ...], value: Any) -> Any:
    told = copy.deepcopy(whole)
    part = told
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    return told


@pytest.mark.parametrize(
    "value",
    [None, True, [], [[]], {}, {"a": {}}, "", "\0\ud800", -1, 10**400, 1e308, "9999-12-31T23:59:59-14:00"],
    ids=lambda value: str(value)[:12],
)
def test_each_part_of_a_report_may_be_anything(value):
    alone = alerts.group(GROUP["alerts"][0])
    answers = [
        tell(with_part(whole, place, value))
        for whole, tell in (
            (alone, alerts.deliver),
            (ISSUE, lambda body: sentry.deliver("issue", None, raw=encoded(body))),
            (EVENT, lambda body: sentry.deliver("event_alert", None, raw=encoded(body))),
        )
        for place in places(whole)
        if place
    ]

    assert {answer.status for answer in answers} <= {200, 422}
    assert sum(answer.status == 200 for answer in answers) > 100, "most of a report may be missing"


@FEW
@given(raw=st.binary(max_size=200), path=st.sampled_from(["/api/loki/webhook", "/api/sentry/webhook"]))
def test_bytes_of_any_kind_are_refused(raw, path):
    headers = {"authorization": f"Bearer {alerts.SECRET}", "sentry-hook-signature": sentry.sign(raw), "sentry-hook-resource": "issue"}

    assert hooks.post(raw, headers, path=path, as_base64=True).status in {200, 422}
