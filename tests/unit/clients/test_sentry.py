"""Sentry's API: what is asked, and what its refusals mean."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dispatch.clients import sentry
from dispatch.kit import clock
from tests.sentry_door import Door, open_sentry


@pytest.fixture
def door(setting) -> Iterator[Door]:
    with open_sentry() as made:
        setting.setenv("SENTRY_URL", made.url)
        setting.setenv("SENTRY_API_TOKEN", "sntrys_x")
        setting.setenv("SENTRY_ORGANIZATION_SLUG", "acme")
        yield made


def refusal_of(door: Door, status: int, **headers: str) -> Any:
    door.status, door.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises((sentry.Refused, sentry.NoAnswer)) as caught:
        sentry.get_issue("1")
    return caught.value


def test_an_issue_and_its_newest_event_are_asked_for_with_the_token(door):
    door.body = json.dumps({"count": "7"}).encode()

    assert sentry.get_issue("1") == {"count": "7"}
    sentry.get_latest_event("../2")

    assert door.asked == [
        ("/api/0/organizations/acme/issues/1/", "Bearer sntrys_x"),
        ("/api/0/organizations/acme/issues/..%2F2/events/latest/", "Bearer sntrys_x"),
    ]


def test_without_a_token_or_an_organisation_nothing_can_be_asked(setting, door):
    assert sentry.is_configured()
    setting.setenv("SENTRY_ORGANIZATION_SLUG", "")
    assert not sentry.is_configured()


@pytest.mark.parametrize(("status", "kind"), [(401, sentry.Refused), (403, sentry.Refused), (404, sentry.NotThere), (302, sentry.Refused)])
def test_what_would_be_refused_again_is_told_apart(door, status, kind):
    assert type(refusal_of(door, status)) is kind


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_sentry_in_trouble_is_worth_another_try(door, status):
    assert isinstance(refusal_of(door, status), sentry.NoAnswer)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "30"}, 30),
        ({}, 60),
        ({"retry_after": "soon"}, 60),
        ({"retry_after": "99999999999"}, 3600),
        ({"x_sentry_rate_limit_reset": "1"}, 1),
    ],
)
def test_a_rate_limit_says_when_it_opens(door, headers, seconds):
    before = clock.now()

    limited = refusal_of(door, 429, **headers)

    assert timedelta(seconds=seconds) <= limited.again_at - before <= timedelta(seconds=seconds + 5)


def test_a_sentry_that_is_not_there_is_worth_another_try(setting, door):
    setting.setenv("SENTRY_URL", "http://127.0.0.1:1")

    with pytest.raises(sentry.NoAnswer):
        sentry.get_issue("1")


@pytest.mark.parametrize(("body", "kind"), [(b"<html>", sentry.NoAnswer), (b"x" * (6 * 1024 * 1024), sentry.Refused)])
def test_an_answer_that_is_none_is_not_taken(door, body, kind):
    door.body = body

    with pytest.raises(kind):
        sentry.get_issue("1")
