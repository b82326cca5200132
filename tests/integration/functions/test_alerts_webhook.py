"""The door of Grafana and Alertmanager: who may come in, and what is kept."""

import json

import pytest

from dispatch import deliveries
from dispatch.deliveries import DeliveryFilter
from dispatch.kit.work import work
from tests import alerts, hooks


@pytest.fixture(autouse=True)
def configured(database, repository, queues, setting):
    setting.setenv("LOKI_WEBHOOK_SECRET", f"the next secret, {alerts.SECRET}")
    setting.setenv("DISPATCH_API_KEY", "dk_a_key")


def kept() -> list:
    with work() as unit:
        return deliveries.list_deliveries(unit, DeliveryFilter(source="loki")).items


@pytest.mark.parametrize("secret", [alerts.SECRET, "the next secret"])
def test_every_active_secret_opens_the_door(secret):
    assert alerts.deliver(alerts.group(), secret=secret).json == {"answer": "no alerts"}


@pytest.mark.parametrize(
    "secret", ["", " ", ",", "a secret that grafana knows", "dk_a_key", "x" * 100_000, "é" * 50, alerts.SECRET + ",", None]
)
def test_a_wrong_secret_of_any_length_is_401_and_nothing_is_kept(secret):
    answer = alerts.deliver(alerts.group(), secret=secret)

    assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json")
    assert kept() == []


@pytest.mark.parametrize("authorization", [alerts.SECRET, f"Basic {alerts.SECRET}", f"Bearer{alerts.SECRET}", f"Bearer {alerts.SECRET},x"])
def test_the_secret_comes_as_a_bearer(authorization):
    assert alerts.deliver(alerts.group(), secret=None, authorization=authorization).status == 401


def test_no_header_stands_in_for_the_secret():
    pretending = dict.fromkeys(("x-grafana-secret", "x-api-key", "cookie", "x-forwarded-authorization", "x-loki-secret"), alerts.SECRET)

    assert alerts.deliver(alerts.group(), secret=None, **pretending).status == 401


def test_where_no_secret_of_its_own_is_set_the_api_key_opens_the_door(setting):
    setting.setenv("LOKI_WEBHOOK_SECRET", "")

    assert alerts.deliver(alerts.group(), secret="dk_a_key").status == 200
    assert alerts.deliver(alerts.group(), secret=alerts.SECRET).status == 401


def test_a_named_token_is_not_enough(setting, owner):
    setting.setenv("LOKI_WEBHOOK_SECRET", "")
    setting.setenv("DISPATCH_API_KEY", "dk_a_key")
    token = owner.post("/api/tokens", {"name": "all", "scopes": ["read", "issues", "admin"]}).json["token"]

    assert alerts.deliver(alerts.group(), secret=token).status == 401


@pytest.mark.parametrize(("secret", "key"), [("", ""), (" , ", "dk_a_key")])
def test_without_a_secret_the_door_is_closed(setting, secret, key):
    setting.setenv("LOKI_WEBHOOK_SECRET", secret)
    setting.setenv("DISPATCH_API_KEY", key)

    answer = alerts.deliver(alerts.group(), secret="")

    assert answer.status == 503
    assert "LOKI_WEBHOOK_SECRET" in answer.json["detail"]


def test_asked_by_get_it_says_what_it_expects_and_nothing_of_its_settings(setting):
    asked = [hooks.post(b"", {}, method="GET", path="/api/loki/webhook")]
    setting.setenv("LOKI_WEBHOOK_SECRET", "")
    setting.setenv("DISPATCH_API_KEY", "")
    asked.append(hooks.post(b"", {}, method="GET", path="/api/loki/webhook"))

    assert [answer.status for answer in asked] == [200, 200]
    assert asked[0].text == asked[1].text
    assert "Bearer" in asked[0].json["expects"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 422),
        (b"not json", 422),
        (b"\xff\xfe\xfd", 422),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"alerts": {}}', 422),
        (b'{"title": "[Alerting] old", "state": "alerting", "evalMatches": [], "orgId": 1}', 422),
        (b"{" * 100_000, 422),
        (b'{"alerts":' + b"[" * 65 + b"]" * 65 + b"}", 422),
        (b'{"alerts": [' + b"{}," * 500 + b"{}]}", 422),
        (b'{"alerts": [], "x": "' + b"x" * 1024 * 1024 + b'"}', 413),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_with_a_sentence(raw, status):
    answer = alerts.deliver(None, raw=raw)

    assert answer.status == status
    assert answer.json["detail"].endswith(".")
    assert kept() == []


def test_a_delivery_is_kept_by_its_sender(project):
    told = json.loads((project / "tests/payloads/alerts.json").read_text())

    for name, body in told.items():
        alerts.deliver({**body, "alerts": [], "receiver": name})

    assert sorted(one.event for one in kept()) == ["alertmanager", "alertmanager", "grafana", "grafana", "grafana"]


def test_the_same_body_is_the_same_delivery_within_the_hour_and_news_after_it(clock):
    body = {**alerts.group(), "truncatedAlerts": 2}

    for _ in range(3):
        assert alerts.deliver(body).json == {"answer": "the sender left out 2 more"}
    clock.travel(hours=1)
    alerts.deliver(body)

    assert [one.tries for one in kept()] == [1, 1]
