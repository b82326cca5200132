"""Pull requests and deliveries over the API, and by the commands that ask it."""

import json

import pytest

from functions.verifier.handler import handler as verify
from infra import cli
from tests import doing, hooks
from tests.github_door import open_github


@pytest.fixture
def hooked(instance, queues, setting):
    setting.setenv("GITHUB_WEBHOOK_SECRET", hooks.SECRET)


@pytest.fixture
def github(setting):
    with open_github() as door:
        setting.setenv("GITHUB_API_URL", door.url)
        setting.setenv("GITHUB_TOKEN", "a-token")
        yield door


def test_an_issue_shows_its_pull_requests_and_a_list_shows_all_page_by_page(hooked, owner):
    issue = doing.make_issue()
    for number in range(1, 4):
        hooks.tell_pull("opened", number, title=f"{issue.identifier}: part {number}" if number < 3 else "Something else")

    shown = owner.get(f"/api/issues/{issue.identifier.lower()}/pulls").json["items"]
    first = owner.get("/api/pulls?state=open&limit=2").json
    second = owner.get(f"/api/pulls?limit=2&cursor={first['next_cursor']}").json

    assert {pull["number"] for pull in shown} == {1, 2}
    assert shown[0]["ci"] == {"state": "none", "name": None, "url": None, "since": None, "because": None}
    assert sorted(pull["number"] for page in (first, second) for pull in page["items"]) == [1, 2, 3]
    assert second["next_cursor"] is None


def test_a_person_links_a_pull_request_and_says_why_one_was_closed(hooked, owner):
    issue = doing.make_issue()
    hooks.tell_pull("opened", minutes=1)
    pull = owner.get("/api/pulls").json["items"][0]["id"]

    assert owner.post(f"/api/pulls/{pull}/reason", {"reason": "Why not"}).status == 409
    assert owner.post(f"/api/pulls/{pull}/link", {"issue": "DISPATCH-99"}).status == 404
    assert owner.post(f"/api/pulls/{pull}/link", {"issue": issue.identifier}).json["linked_by"] == "hand"
    hooks.tell_pull("closed", state="closed", minutes=2)
    assert (
        owner.post(f"/api/pulls/{pull}/reason", {"reason": " It breaks the invoices. "}).json["close_reason"] == "It breaks the invoices."
    )


def test_deliveries_are_for_admins(hooked, owner, stranger):
    hooks.deliver("ping", {}, delivery="d-1")

    assert stranger.get("/api/deliveries").status == 401
    assert [one["answer"] for one in owner.get("/api/deliveries").json["items"]] == ["pong"]
    assert "body" not in owner.get("/api/deliveries").json["items"][0]
    assert owner.post("/api/deliveries/github/d-2/replay").status == 404
    assert owner.post("/api/deliveries/github/d-1/replay").status == 202
    assert verify({"schedule": "pulls"}, None)["retry_deliveries"] == 1


def test_the_command_reconciles_page_by_page_what_webhooks_missed(address, github, capsys):
    issue = doing.make_issue()
    pages = {
        "1": [hooks.pull(number, minutes=50 - number / 10, title=f"{issue.identifier}: part {number}") for number in range(1, 101)],
        "2": [hooks.pull(101, minutes=5), hooks.pull(102, minutes=-60 * 24 * 60)],
    }
    github.answers["GET /repos/acme/shop/pulls"] = lambda asked: (200, pages[asked.params["page"]])

    assert cli.main(["reconcile", "--url", address]) == 0
    assert "acme/shop: 101 changed since " in capsys.readouterr().out
    assert doing.issue_now(issue).status.name == "In Review"

    assert cli.main(["reconcile", "--url", address, "--json", "--since", "2020-01-01"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["seen"], told["changed"], told["since"]) == (102, 1, "2020-01-01T00:00:00Z")


def test_the_command_says_what_is_missing(address, github, capsys):
    assert cli.main(["reconcile", "--url", address]) == 2
    assert capsys.readouterr().err

    with pytest.raises(SystemExit):
        cli.main(["reconcile", "--since", "yesterday", "--url", address])
    assert "2026-11-01T12:00Z" in capsys.readouterr().err


def test_the_command_lists_and_replays_deliveries(address, setting, capsys):
    setting.setenv("GITHUB_WEBHOOK_SECRET", hooks.SECRET)
    hooks.deliver("ping", {}, delivery="d-1")
    hooks.deliver("pull_request", {}, delivery="d-2")

    assert cli.main(["deliveries", "list", "--url", address]) == 0
    said = capsys.readouterr().out
    assert "github d-1  ping: pong" in said
    assert "github d-2  pull_request: failed: GitHub's pull_request cannot be read." in said

    assert cli.main(["deliveries", "list", "--failed", "--json", "--url", address]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)["items"]] == ["d-2"]
    assert cli.main(["deliveries", "replay", "github", "d-1", "--url", address]) == 0
    assert cli.main(["deliveries", "replay", "github", "d-9", "--url", address]) == 2
