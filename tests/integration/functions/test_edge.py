"""Nobody goes round CloudFront, where there is one; and people are told apart by their own addresses, not by CloudFront's."""

from typing import Any

import pytest

from tests.integration.functions.conftest import API_KEY, Api

THROUGH = {"x-dispatch-edge-key": "key-a", "x-dispatch-viewer": "198.51.100.9"}


@pytest.fixture
def edge(instance: None, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("EDGE_KEY", "key-a,key-b")


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("headers", [{}, {"x-dispatch-edge-key": ""}, {"x-dispatch-edge-key": "key-c"}, {"x-dispatch-edge-key": "clé"}])
def test_a_request_that_goes_round_the_edge_is_refused_whatever_else_it_shows(headers: dict[str, str]) -> None:
    from functions.webhooks.handler import handler

    answer = _call(handler, "/api/github/webhook", headers)
    assert answer["statusCode"] == 403
    from functions.api.handler import handler as api

    assert _call(api, "/api/issues", headers | {"authorization": f"Bearer {API_KEY}"})["statusCode"] == 403


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("key", ["key-a", "key-b"])
def test_a_request_through_the_edge_is_answered_by_either_key(key: str) -> None:
    machine = Api(bearer=API_KEY, headers=THROUGH | {"x-dispatch-edge-key": key})

    assert machine.get("/api/issues").status == 200


@pytest.mark.usefixtures("edge")
def test_attempts_are_counted_by_the_viewers_address() -> None:
    guesser, other = (Api(address="130.176.0.1", headers=THROUGH | {"x-dispatch-viewer": viewer}) for viewer in ("198.51.100.9", "::1"))

    guesses = [guesser.sign_in("wrong").status for _ in range(6)]

    assert guesses[-1] == 429
    assert other.sign_in().status == 200


def test_where_there_is_no_edge_what_is_said_of_the_viewer_is_not_believed(instance: None) -> None:
    statuses = [Api(headers=THROUGH | {"x-dispatch-viewer": f"198.51.100.{n}"}).sign_in("wrong").status for n in range(6)]

    assert statuses[-1] == 429


def _call(handler: Any, path: str, headers: dict[str, str]) -> Any:
    http = {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "test"}
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"http": http, "stage": "$default"},
    }
    return handler(event, None)
