"""Sentry's door: who may come in, and what is kept."""

import json

import pytest

from dispatch import deliveries
from dispatch.deliveries import DeliveryFilter
from dispatch.kit.work import work
from tests import hooks, sentry


@pytest.fixture(autouse=True)
def configured(database, repository, queues, setting):
    setting.setenv("SENTRY_CLIENT_SECRET", f"the next secret, {sentry.SECRET}")


def kept() -> list:
    with work() as unit:
        return deliveries.list_deliveries(unit, DeliveryFilter(source="sentry")).items


INSTALLED = {"action": "created", "data": {"installation": {"code": "secret"}}}


@pytest.mark.parametrize("secret", [sentry.SECRET, "the next secret"])
def test_every_active_secret_opens_the_door(secret):
    assert sentry.deliver("installation", INSTALLED, secret=secret).json == {"answer": "nothing here is about this"}


@pytest.mark.parametrize(("as_ascii", "indent"), [(False, None), (True, None), (False, 3)])
def test_the_signature_is_over_the_raw_bytes_however_they_are_written(as_ascii, indent):
    raw = json.dumps({"action": "created", "data": {"x": "Ça va — 好 😀"}}, ensure_ascii=as_ascii, indent=indent).encode()

    assert sentry.deliver("installation", None, raw=raw).status == 200


@pytest.mark.parametrize("signature", ["", "00", "x" * 100_000, "é" * 64, "sha256=" + "0" * 64, sentry.sign(b"another")])
def test_a_wrong_signature_of_any_length_is_401_and_nothing_is_kept(signature):
    answer = sentry.deliver("issue", {}, **{"sentry-hook-signature": signature})

    assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json")
    assert kept() == []


def test_without_a_secret_the_door_is_closed_even_to_an_empty_key(setting):
    setting.setenv("SENTRY_CLIENT_SECRET", " , ")

    answer = sentry.deliver("issue", {}, secret="")

    assert answer.status == 503
    assert "SENTRY_CLIENT_SECRET" in answer.json["detail"]


def test_asked_by_get_it_says_what_it_expects_and_nothing_of_its_settings(setting):
    asked = [hooks.post(b"", {}, method="GET", path="/api/sentry/webhook")]
    setting.setenv("SENTRY_CLIENT_SECRET", "")
    asked.append(hooks.post(b"", {}, method="GET", path="/api/sentry/webhook"))

    assert [answer.status for answer in asked] == [200, 200]
    assert asked[0].text == asked[1].text
    assert "HMAC-SHA256" in asked[0].json["expects"]


@pytest.mark.parametrize(
    ("raw", "resource", "status"),
    [
        (b"not json", "issue", 422),
        (b"[]", "issue", 422),
        (b"{" * 100_000, "issue", 422),
        (b'{"a":' + b"[" * 65 + b"]" * 65 + b"}", "issue", 422),
        (b"{}", "", 422),
        (b"{}", "e" * 41, 422),
        (b"{}", "Issue\n", 422),
        (b'{"x": "' + b"x" * 1024 * 1024 + b'"}', "issue", 413),
    ],
)
def test_a_signed_body_that_cannot_be_taken_is_refused_with_a_sentence(raw, resource, status):
    answer = sentry.deliver(resource, None, raw=raw)

    assert answer.status == status
    assert answer.json["detail"].endswith(".")
    assert kept() == []


def test_of_what_nobody_hears_the_body_is_not_kept(database):
    sentry.deliver("installation", INSTALLED)

    [one] = kept()
    assert (one.event, one.answer) == ("installation.created", "nothing here is about this")
    with work() as unit:
        assert unit.conn.execute("SELECT body FROM delivery").fetchone() == ({},)


def test_what_sentry_sends_again_is_the_same_delivery_though_its_headers_are_new():
    for request in ("1" * 32, "2" * 32):
        sentry.deliver("installation", INSTALLED, **{"request-id": request, "sentry-hook-timestamp": request[:10]})

    assert [one.tries for one in kept()] == [1]
