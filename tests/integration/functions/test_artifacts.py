"""Files that agents leave: taken from the run alone, bounded, and given so that nothing in them acts."""

import base64

import pytest

from functions.api.handler import handler
from tests.integration.functions.test_callers import claim_run

pytestmark = pytest.mark.usefixtures("queues")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 9


@pytest.fixture
def running(machine, stranger):
    """A claimed run, and a client with its token."""
    run, stranger.bearer = claim_run(machine)
    return run, stranger


def test_an_image_is_shown_and_can_do_nothing_else(running, owner):
    run, runner = running
    kept = keep(runner, run).json

    headers, body = download(owner, kept["id"])

    assert body == PNG
    assert (kept["name"], kept["size"], headers["content-type"]) == ("shot.png", len(PNG), "image/png")
    assert headers["content-disposition"].startswith('inline; filename="shot.png"')
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


@pytest.mark.parametrize("media_type", ["text/html", "text/markdown", "text/plain", "application/json", "application/zip"])
def test_whatever_is_no_image_is_downloaded(running, owner, media_type):
    run, runner = running
    kept = keep(runner, run, name='reports/a "b"\u00e4.html', media_type=media_type).json

    headers, _ = download(owner, kept["id"])

    assert headers["content-disposition"] == "attachment; filename=\"a__b__.html\"; filename*=UTF-8''a%20%22b%22%C3%A4.html"


def test_a_run_and_its_issue_list_what_was_left_and_a_name_is_one_file(running, owner):
    run, runner = running
    first = keep(runner, run).json
    again = keep(runner, run, content=b"other").json
    keep(runner, run, name="report.md", media_type="text/markdown", content=b"# Report")

    listed = owner.get(f"/api/runs/{run}/artifacts").json["items"]

    assert again["id"] == first["id"]
    assert [(item["name"], item["size"]) for item in listed] == [("report.md", 8), ("shot.png", 5)]
    assert owner.get("/api/issues/dispatch-1/artifacts").json["items"] == listed


def test_a_secret_in_a_text_is_masked(running, owner):
    run, runner = running
    secret = b"the key is sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789\xff so"

    kept = keep(runner, run, name="log.txt", media_type="text/plain", content=secret).json

    assert download(owner, kept["id"])[1] == "the key is \u2022\u2022\u2022".encode() + b"\xff so"


def test_what_is_too_large_too_many_or_of_another_kind_is_refused(running):
    run, runner = running

    assert keep(runner, run, content=b"x" * 3_000_000).status == 201
    assert keep(runner, run, content=b"x" * 3_000_001).status == 422
    assert keep(runner, run, content=b"x" * 4_000_000).status == 413
    assert keep(runner, run, media_type="image/svg+xml").status == 422
    assert (
        runner.post(f"/api/runs/{run}/artifacts", {"generation": 1, "name": "x", "media_type": "image/png", "content": "?"}).status == 422
    )
    assert [keep(runner, run, name=f"{number}.png").status for number in range(30)] == [201] * 29 + [413]


def test_only_the_run_itself_leaves_artifacts_and_only_while_it_runs(running, owner, machine):
    run, runner = running

    assert keep(owner, run).status == 403
    assert keep(machine, run).status == 403
    assert keep(runner, run, generation=2).status == 409
    owner.post(f"/api/runs/{run}/cancel")
    assert keep(runner, run).status == 409


def test_who_may_not_read_is_given_no_artifact(running):
    run, runner = running
    kept = keep(runner, run).json

    assert runner.get(f"/api/artifacts/{kept['id']}").status == 403


def keep(client, run: str, *, name: str = "shot.png", media_type: str = "image/png", content: bytes = PNG, generation: int = 1):
    body = {"generation": generation, "name": name, "media_type": media_type, "content": base64.b64encode(content).decode()}
    return client.post(f"/api/runs/{run}/artifacts", body)


def download(client, artifact: str) -> tuple[dict[str, str], bytes]:
    answer = handler(client._event("GET", f"/api/artifacts/{artifact}", None, None, {}), None)
    assert answer["statusCode"] == 200
    return answer["headers"], base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
