"""Sentry's issues and events as sightings: what is there is taken, and what is missing stops nothing."""

from datetime import timedelta
from typing import Any

import pytest

from dispatch.intake.reading_sentry import Told, read_event, read_issue
from dispatch.intake.told import Unreadable
from tests import sentry

AT = sentry.STARTED + timedelta(hours=1)


def read(**more: Any) -> Told:
    return read_issue(sentry.issue(**more), at=AT)


def seen(**more: Any) -> Told:
    return read_event(sentry.event(**more), at=AT)


def test_an_issue_is_read_whole():
    told = read(minutes=5, count=42)

    assert (told.issue_id, told.short_id, told.substatus, told.total) == (sentry.ISSUE_ID, "SHOP-1", "new", 42)
    new = told.sighting
    assert (new.source, new.feature, new.message, new.level) == ("shop", "charge-customer", "CardDeclined: card_declined", "error")
    assert (new.first_seen, new.last_seen) == (
        sentry.STARTED + timedelta(milliseconds=677),
        sentry.STARTED + timedelta(minutes=5, milliseconds=677),
    )
    assert [(link.name, link.url) for link in new.links] == [("Sentry", f"https://acme.sentry.io/issues/{sentry.ISSUE_ID}/")]
    assert new.values == {"users": 3.0}
    assert not new.fires


def test_an_issue_seen_again_is_another_sighting():
    assert read(minutes=5).sighting.key == read(minutes=5, count=9).sighting.key
    assert read(minutes=5).sighting.key != read(minutes=6).sighting.key


@pytest.mark.parametrize(
    "missing",
    [
        {"priority": None, "level": None, "culprit": None, "metadata": None},
        {"project": None, "permalink": None, "web_url": None, "title": None, "metadata": {}},
        {"count": None, "userCount": None, "firstSeen": None, "lastSeen": None},
        {"count": "many", "userCount": [], "firstSeen": "0001-01-01T00:00:00Z", "lastSeen": "9999-12-31T00:00:00Z", "project": "shop"},
        {"permalink": "javascript:alert(1)", "web_url": 5, "shortId": {}},
    ],
)
def test_what_an_issue_does_not_say_stops_nothing(missing):
    told = read(**missing)

    assert told.total == 1
    assert told.sighting.last_seen <= AT
    assert told.sighting.level == "error"


@pytest.mark.parametrize("told", [None, [], "x", {}, {"id": None}, {"id": {}}])
def test_an_issue_without_an_id_is_none(told):
    with pytest.raises(Unreadable):
        read_issue(told, at=AT)


def test_an_event_says_where_whom_and_in_which_release():
    told = seen(minutes=5)

    assert (told.issue_id, told.total) == (sentry.ISSUE_ID, None)
    new = told.sighting
    assert (new.source, new.feature, new.message) == ("shop", "charge-customer", "CardDeclined: card_declined")
    assert (new.release, new.environment) == ("shop@1.4.2", "production")
    assert (new.users, new.organisations) == (["u_1"], ["org_7"])
    assert (new.error, new.last_seen) == ("CardDeclined: card_declined", sentry.STARTED + timedelta(minutes=5, milliseconds=677))


def test_a_stack_of_python_reads_as_python_writes_it():
    assert (seen().sighting.stack or "").splitlines() == [
        "Traceback (most recent call last):",
        '  File "/usr/lib/python3.11/site-packages/flask/app.py", line 1950, in dispatch_request',
        '  File "shop/billing.py", line 142, in charge',
        "    raise CardDeclined(code)",
        "CardDeclined: card_declined",
    ]


def test_a_stack_of_another_language_begins_where_it_broke():
    assert (seen(platform="node").sighting.stack or "").splitlines() == [
        "CardDeclined: card_declined",
        "    at charge (shop/billing.py:142:7)",
        "    at dispatch_request (/usr/lib/python3.11/site-packages/flask/app.py:1950)",
    ]


def test_a_stack_of_java_names_the_class_that_its_file_lies_by():
    frame = {"module": "com.acme.shop.Orders", "function": "total", "filename": "Orders.java", "lineno": 41}
    values = [{"type": "NullPointerException", "value": "order", "stacktrace": {"frames": [frame]}}]

    stack = seen(platform="java", exception={"values": values}).sighting.stack or ""

    assert stack.splitlines()[1] == "    at com.acme.shop.Orders.total(Orders.java:41)"


def test_the_cause_of_an_exception_stands_below_it():
    values = [{"type": kind, "value": "x", "stacktrace": {"frames": sentry.FRAMES}} for kind in ("Cause", "Effect")]

    stack = seen(platform="java", exception={"values": values}).sighting.stack or ""

    assert stack.index("Effect: x") < stack.index("Cause: x")


def test_the_tags_of_an_application_that_names_its_parts_come_first():
    new = seen(tags=[["source", "billing"], ["feature", "charge"]]).sighting

    assert (new.source, new.feature) == ("billing", "charge")


@pytest.mark.parametrize(
    "odd",
    [
        {"exception": None, "occurrence": {"issueTitle": "Cron failure: nightly", "type": 4001}, "title": None, "metadata": {}},
        {"exception": {"values": None}, "tags": None, "user": None, "release": None},
        {"exception": [{"type": None, "value": None, "stacktrace": None}], "tags": [[], ["a"], [1, 2, 3], "x"], "user": "ada"},
        {"exception": {"values": ["x", None]}, "datetime": None, "timestamp": 1e400},
        {"exception": {"values": [{"stacktrace": {"frames": [None, {}, {"lineno": [], "function": 4}]}}]}},
        {"datetime": None, "timestamp": "soon", "url": None, "project": None},
        {"entries": "x", "release": {"version": "1.4.2"}},
    ],
)
def test_events_of_any_form_are_read(odd):
    assert seen(**odd).sighting.message


def test_what_has_no_exception_has_no_stack():
    new = seen(exception=None, occurrence={"issueTitle": "Cron failure: nightly"}, title=None, metadata={}).sighting

    assert (new.message, new.error, new.stack) == ("Cron failure: nightly", None, None)


def test_an_event_as_the_api_writes_it_is_read_too():
    told = {
        "eventID": "e1",
        "groupID": sentry.ISSUE_ID,
        "platform": "javascript",
        "dateCreated": sentry.at(5),
        "release": {"version": "1.4.2"},
        "tags": [{"key": "environment", "value": "production"}],
        "entries": [
            {"type": "breadcrumbs", "data": {"values": [{"message": "click"}]}},
            {
                "type": "exception",
                "data": {
                    "values": [
                        {
                            "type": "E",
                            "value": "x",
                            "stacktrace": {"frames": [{"absPath": "a.js", "lineNo": 1, "colNo": 2, "function": "f"}]},
                        }
                    ]
                },
            },
        ],
    }

    new = read_event(told, at=AT).sighting

    assert (new.stack, new.release, new.environment) == ("E: x\n    at f (a.js:1:2)", "1.4.2", "production")


@pytest.mark.parametrize("told", [None, {}, {"event_id": "e1"}, {"issue_id": "1"}, {"event_id": [], "issue_id": {}}])
def test_an_event_of_no_issue_is_none(told):
    with pytest.raises(Unreadable):
        read_event(told, at=AT)
