"""Requests become API Gateway events and answers become responses, within API Gateway's limits."""

import base64

import httpx2 as httpx
import pytest

from tests.integration.laptop.conftest import Laptop


@pytest.fixture
def http(laptop: Laptop):
    with httpx.Client(base_url=laptop.url, timeout=10) as client:
        yield client


def test_a_request_arrives_as_payload_format_2(http: httpx.Client, laptop: Laptop) -> None:
    headers = [("Cookie", "a=1; b=2"), ("X-Many", "1"), ("X-Many", "2"), ("Content-Type", "application/json")]

    answer = http.post("/api/issues/a%2Fb?x=1&x=2&y=%C3%A9", headers=headers, content='{"ä": 1}').json()

    event = answer["event"]
    assert event["version"] == "2.0"
    assert event["rawPath"] == "/api/issues/a%2Fb"
    assert event["rawQueryString"] == "x=1&x=2&y=%C3%A9"
    assert event["queryStringParameters"] == {"x": "1,2", "y": "é"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert event["headers"]["x-many"] == "1,2"
    assert (event["body"], event["isBase64Encoded"]) == ('{"ä": 1}', False)
    context = event["requestContext"]
    assert (context["http"]["method"], context["http"]["path"], context["http"]["sourceIp"]) == ("POST", "/api/issues/a/b", "127.0.0.1")
    assert context["stage"] == "$default"
    assert 0 < answer["remaining_ms"] <= 2000
    assert answer["request"]


def test_a_body_that_is_not_text_arrives_in_base64(http: httpx.Client) -> None:
    event = http.post("/api/x", content=b"\x00\xff", headers={"content-type": "application/octet-stream"}).json()["event"]

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\x00\xff"


def test_a_binary_answer_arrives_as_bytes(http: httpx.Client) -> None:
    answer = http.get("/api/binary")

    assert answer.content == b"\x89PNG"
    assert answer.headers["content-type"] == "image/png"


def test_cookies_and_headers_of_the_answer_arrive_each_by_itself(http: httpx.Client) -> None:
    answer = http.get("/api/cookies")

    assert answer.status_code == 204
    assert answer.headers["x-one"] == "1"
    assert answer.headers.get_list("set-cookie") == ["a=1; HttpOnly", "b=2"]


def test_an_answer_without_a_status_means_200_and_json(http: httpx.Client) -> None:
    answer = http.get("/api/plain")

    assert (answer.status_code, answer.json()) == (200, {"plain": True})


def test_the_longest_path_wins(http: httpx.Client) -> None:
    assert http.post("/api/github/webhook").text == "webhooks"
    assert http.post("/api/github/webhook/more").json()["event"]["rawPath"] == "/api/github/webhook/more"


def test_a_handler_that_fails_is_a_500_without_its_words(http: httpx.Client) -> None:
    answer = http.get("/api/fails")

    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


def test_a_handler_that_is_too_slow_is_a_503(http: httpx.Client) -> None:
    assert http.get("/api/slow").status_code == 503


def test_handlers_find_an_event_loop_in_their_thread(http: httpx.Client) -> None:
    assert http.get("/api/loop").status_code == 200


@pytest.mark.parametrize(("size", "status"), [(10 * 1024 * 1024, 204), (10 * 1024 * 1024 + 1, 413)])
def test_a_request_has_at_most_10_mb(http: httpx.Client, size: int, status: int) -> None:
    assert http.post("/api/cookies", content=b"x" * size).status_code == status


def test_an_answer_over_6_mb_is_a_500(http: httpx.Client) -> None:
    assert http.get("/api/large").status_code == 500


def test_every_screen_gets_the_site_under_a_strict_policy(http: httpx.Client, laptop: Laptop) -> None:
    answer = http.get("/issues/DISPATCH-1")

    assert "<title>Site</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    scripts = next(part for part in answer.headers["content-security-policy"].split("; ") if part.startswith("script-src"))
    assert scripts == "script-src 'self' 'sha256-DIm7WJS6ZKDYe5qFLPy+h4JFI9Bol5QmYC57mt3Fb00='"
    assert f"connect-src 'self' ws://127.0.0.1:{laptop.port}" in answer.headers["content-security-policy"]


def test_hashed_files_are_kept_forever_and_come_packed(http: httpx.Client) -> None:
    plain = http.get("/_app/immutable/entry.abc.js", headers={"accept-encoding": "identity"})
    with http.stream("GET", "/_app/immutable/entry.abc.js", headers={"accept-encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert b"".join(packed.iter_raw()) == b"packed"
    again = http.get("/_app/immutable/entry.abc.js", headers={"accept-encoding": "identity", "if-none-match": plain.headers["etag"]})

    assert plain.text == "export const a = 1;"
    assert "immutable" in plain.headers["cache-control"]
    assert "javascript" in plain.headers["content-type"]
    assert again.status_code == 304


def test_an_address_longer_than_any_files_name_gets_the_site(http: httpx.Client) -> None:
    answer = http.get("/" + "a" * 400)

    assert answer.status_code == 200
    assert "<title>Site</title>" in answer.text


def test_a_script_of_an_older_site_is_missing_rather_than_html(http: httpx.Client) -> None:
    assert http.get("/_app/immutable/entry.old.js").status_code == 404


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "//etc/passwd", "/%00"])
def test_no_file_outside_the_site_is_served(http: httpx.Client, path: str) -> None:
    answer = http.send(http.build_request("GET", http.base_url.copy_with(raw_path=path.encode())))

    assert "secret" not in answer.text
    assert "root:" not in answer.text
