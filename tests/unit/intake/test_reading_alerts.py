"""An alert read by the table of fields: whatever form its sender gives it, and whatever is missing."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.families import NewSighting, Origin
from dispatch.intake.reading_alerts import read_alert
from dispatch.intake.told import Unreadable
from tests import alerts

AT = alerts.STARTED + timedelta(hours=1)


def read(told: Any, *, origin: Origin = Origin.ALERTMANAGER, **more: Any) -> NewSighting:
    found = read_alert(told, origin=origin, at=AT, **more)
    assert found
    return found.sighting


def bare(**more: Any) -> dict[str, Any]:
    return {"status": "firing", "labels": {}, "annotations": {}} | more


@pytest.fixture(scope="module")
def grafana(project) -> dict[str, Any]:
    return json.loads((project / "tests/payloads/alerts.json").read_text())


@pytest.mark.parametrize(
    ("labels", "annotations", "source"),
    [
        ({"source": "billing", "alertname": "Errors"}, {"source": "other"}, "billing"),
        ({"alertname": "Errors"}, {"source": "other"}, "other"),
        ({"source": "  ", "alertname": "Errors"}, {}, "Errors"),
        ({}, {}, "unknown"),
    ],
)
def test_the_source_is_the_first_that_says_something(labels, annotations, source):
    assert read(bare(labels=labels, annotations=annotations)).source == source


@pytest.mark.parametrize(
    ("labels", "annotations", "feature"),
    [({"feature": "charge"}, {"feature": "other"}, "charge"), ({}, {"feature": "other"}, "other"), ({}, {}, "unknown")],
)
def test_the_feature_is_the_first_that_says_something(labels, annotations, feature):
    assert read(bare(labels=labels, annotations=annotations)).feature == feature


def test_the_message_is_looked_for_from_the_most_exact_place_to_the_last():
    places = ["msg", "description", "summary", "message"]
    told = {name: f"the {name}" for name in places}

    for name in places:
        assert read(bare(labels={"msg": "the label"}, annotations=told)).message == f"the {name}"
        del told[name]
    assert read(bare(labels={"msg": "the label"})).message == "the label"
    assert read(bare(labels={"source": "billing", "feature": "charge"})).message == "billing reports an error in charge."


@pytest.mark.parametrize(
    ("labels", "level"), [({"level": "FATAL", "severity": "x"}, "fatal"), ({"severity": "warning"}, "warning"), ({}, "error")]
)
def test_the_level_is_in_small_letters(labels, level):
    assert read(bare(labels=labels)).level == level


def test_what_helps_an_agent_is_taken_along():
    told = alerts.alert(
        labels={"error_message": "in a label", "release": "1.4.2", "env": "production", "userId": "u1, u2"},
        annotations={
            "error_message": "CardDeclined",
            "stack_trace": "Error: x\n    at charge (billing.ts:142)",
            "log_lines": "\n".join([" first ", "", *(f"line {n}" for n in range(20))]),
            "org_id": "org_7",
            "user_id": "u2,u3",
        },
    )

    found = read(told)

    assert (found.error, found.stack) == ("CardDeclined", "Error: x\n    at charge (billing.ts:142)")
    assert (len(found.lines), found.lines[:2]) == (10, ["first", "line 0"])
    assert (found.release, found.environment) == ("1.4.2", "production")
    assert (found.users, found.organisations) == (["u1", "u2", "u3"], ["org_7"])
    assert found.labels["severity"] == "critical"


@pytest.mark.parametrize(
    ("values", "annotations", "count"),
    [
        ({"A": "0", "B": "2.6"}, {}, 3),
        ({"A": 17, "C": 1}, {}, 17),
        ({"A": 1, "B": 17}, {}, 17),
        ({"C": 1}, {"error_count": "17"}, 17),
        ({"C": 1}, {}, 1),
        ({"A": True, "B": None, "C": "many", "D": float("nan"), "E": float("inf"), "F": -4, "G": 5}, {}, 5),
        ({"A": 0.2, "B": 40}, {}, 40),
        ({}, {"event_count": "7", "count": "9"}, 7),
        ({}, {"count": "1.2e+01"}, 12),
        ({}, {"count": "0"}, 1),
        ({}, {"count": "a few"}, 1),
        (None, {}, 1),
        ({"A": 10**400}, {}, 1),
        ({"A": 1e300}, {}, 1_000_000_000),
    ],
)
def test_the_count_is_a_figure_and_never_a_condition_that_is_true(values, annotations, count):
    assert read(bare(values=values, annotations=annotations)).count == count


@pytest.mark.parametrize(
    ("told", "values"),
    [
        ("[ metric='' labels={} value=14151.331895396988 ]", {"": 14151.331895396988}),
        ("[ var='A' labels={source=billing} value=44.2 ], [ var='C' labels={source=billing} value=1 ]", {"A": 44.2, "C": 1}),
        ("[ var='A' labels={msg=value=999} value=3 ]", {"A": 3}),
        ("[ no data ]", {}),
        ("[ var='" * 5000, {}),
    ],
)
def test_figures_are_read_from_the_text_that_grafana_used_to_send(told, values):
    assert read(bare(valueString=told)).values == values


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ("2026-11-22T15:15:06.614863178Z", datetime(2026, 11, 22, 15, 15, 6, 614863, UTC)),
        ("2021-10-12T09:51:03.157076+02:00", datetime(2021, 10, 12, 7, 51, 3, 157076, UTC)),
        ("0001-01-01T00:00:00Z", AT),
        ("0001-01-01T00:00:00+02:00", AT),
        ("9999-12-31T23:59:59-14:00", AT),
        ("1970-01-01T00:00:00Z", AT),
        ("yesterday", AT),
        (None, AT),
        (1e400, AT),
        ({"a": 1}, AT),
    ],
)
def test_moments_of_any_form_are_in_the_past_or_now(starts, expected):
    assert read(bare(startsAt=starts)).first_seen == expected


def test_an_alert_that_fires_was_seen_last_when_it_was_told():
    found = read(alerts.alert())

    assert (found.fires, found.last_seen) == (True, AT)


def test_an_alert_that_is_over_was_seen_last_when_it_ended_even_in_a_group_that_fires():
    found = read_alert(alerts.alert(status="resolved", minutes=5), origin=Origin.ALERTMANAGER, at=AT, group_status="firing")

    assert found
    assert not found.sighting.fires
    assert found.ended_at == found.sighting.last_seen == datetime.fromisoformat(alerts.at(35))


def test_an_alert_is_one_sighting_from_its_start_to_its_end():
    firing, over = read(alerts.alert()), read(alerts.alert(status="resolved"))
    again = read(alerts.alert(minutes=20))

    assert firing.key == over.key
    assert again.key != firing.key
    assert read(alerts.alert(fingerprint="")).key is None
    assert len(read(alerts.alert(fingerprint="f" * 5000)).key or "") == 64


def test_links_lead_to_the_web_and_nowhere_else():
    told = alerts.alert(
        generatorURL="",
        dashboardURL="javascript:alert(1)",
        panelURL="HTTPS://grafana.local/d/1",
        silenceURL="https://grafana.local/silence",
    )

    assert [(link.name, link.url) for link in read(told).links] == [
        ("Panel", "HTTPS://grafana.local/d/1"),
        ("Silence it", "https://grafana.local/silence"),
    ]


@pytest.mark.parametrize("name", ["DatasourceError", "DatasourceNoData"])
def test_an_alert_about_grafanas_own_rules_is_none_of_the_applications(name):
    assert read_alert(alerts.alert(labels={"alertname": name}), origin=Origin.GRAFANA, at=AT) is None


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (None, "it is no object"),
        ("an alert", "it is no object"),
        (bare(labels=["a"]), "its labels is no object"),
        (bare(annotations="x"), "its annotations is no object"),
        (bare(values=[1]), "its values is no object"),
        (bare(status="asleep"), "its status is neither firing nor resolved but 'asleep'"),
    ],
)
def test_what_cannot_be_read_says_why(told, why):
    with pytest.raises(Unreadable, match=why):
        read_alert(told, origin=Origin.GRAFANA, at=AT)


def test_texts_are_cut_in_the_open():
    found = read(bare(annotations={"msg": "x" * 50_000, "stack_trace": "y" * 50_000}, labels={"source": "s" * 5000}))

    assert (len(found.message), len(found.stack or ""), len(found.source)) == (2_000, 20_000, 200)
    assert found.message.endswith("… (cut)")


def test_grafanas_documented_payloads_are_read(grafana):
    new, old = (read(body["alerts"][0], origin=Origin.GRAFANA) for body in (grafana["grafana"], grafana["grafana_before_9"]))

    assert (new.source, new.message, new.count) == ("High memory usage", "The system has high memory usage", 44)
    assert (new.key, old.key) == ("c6eadffa33fcdf37 2021-10-12T09:51:03.157076+02:00",) * 2
    assert old.count == 14151
    assert [link.name for link in new.links] == ["Alert rule", "Dashboard", "Panel", "Picture", "Runbook", "Silence it"]
