"""The runner's calls as they come in at the API's door, and the raw log as it goes out."""

import json
import re

import pytest

from tests.integration.functions.test_callers import claim_run
from tests.letters import diff, proposal

pytestmark = pytest.mark.usefixtures("queues")


@pytest.fixture
def running(machine, stranger):
    """A claimed run, and a client with its token."""
    run, stranger.bearer = claim_run(machine)
    return run, stranger


def send(runner, run: str, first: int, count: int, text: str = "line") -> dict:
    events = [
        {"seq": seq, "at": "2026-11-22T15:00:00Z", "kind": "message", "data": {"text": f"{text} {seq}"}}
        for seq in range(first, first + count)
    ]
    answer = runner.post(f"/api/runs/{run}/events", {"generation": 1, "events": events})
    assert answer.status == 200, answer.text
    return answer.json


def read_all(owner, path: str) -> tuple[list[str], int]:
    """Every line of the raw log, following its links, and how many answers it took."""
    lines, answers = [], 0
    while path:
        answer = owner.get(path)
        assert answer.status == 200, answer.text
        assert len(json.dumps(answer.text)) < 6_000_000
        lines += answer.text.splitlines()
        answers += 1
        found = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        path = found[1] if found else ""
    return lines, answers


def test_events_are_answered_with_the_newest_and_whether_words_wait(running, owner):
    run, runner = running
    assert send(runner, run, 1, 2) == {"newest": 2, "waits": False}

    owner.post(f"/api/runs/{run}/say", {"text": "Look again."})

    assert send(runner, run, 3, 1) == {"newest": 3, "waits": True}


def test_the_token_of_a_cancelled_run_is_good_for_one_thing_its_last_word(running, owner):
    run, runner = running
    owner.post(f"/api/runs/{run}/cancel")

    event = {"seq": 1, "at": "2026-11-22T15:00:00Z", "kind": "message", "data": {"text": "x"}}
    assert runner.post(f"/api/runs/{run}/events", {"generation": 1, "events": [event]}).status == 409
    answer = runner.post(f"/api/runs/{run}/heartbeat", {"generation": 1, "metered_usd": 0.4, "quiet": True})

    assert (answer.status, answer.json["directive"]) == (200, "cancel")


def test_the_raw_log_comes_in_pages_without_loss_or_repetition(running, owner):
    run, runner = running
    for first in range(1, 251, 50):
        send(runner, run, first, 50)

    lines, answers = read_all(owner, f"/api/runs/{run}/raw?limit=60")

    assert [json.loads(line)["seq"] for line in lines] == list(range(1, 251))
    assert answers == 5
    assert read_all(owner, f"/api/runs/{run}/raw") == (lines, 1)


def test_no_answer_of_the_raw_log_is_more_than_a_function_may_give(running, owner):
    run, runner = running
    for first in range(1, 101, 3):
        send(runner, run, first, 3, text='"\\' * 30_000)

    lines, answers = read_all(owner, f"/api/runs/{run}/raw")

    assert len(lines) == 102
    assert answers > 2


def test_only_a_machine_says_that_a_patch_is_not_published(running, owner, machine):
    run, runner = running
    body = {"generation": 1, "reason": "It does not apply."}

    assert runner.post(f"/api/runs/{run}/unpublished", body).status == 403
    assert owner.post(f"/api/runs/{run}/unpublished", body).status == 403
    assert machine.post(f"/api/runs/{run}/unpublished", body).status == 404  # it has proposed none


def test_a_hand_in_of_fifty_megabytes_is_refused_with_a_sentence_and_the_run_can_still_end(running, owner):
    run, runner = running
    whole = {"generation": 1, "outcome": "completed", "summary": "Done.", "patch": proposal(diff(added="x" * 50_000_000))}

    refused = runner.post(f"/api/runs/{run}/result", whole)
    ended = runner.post(f"/api/runs/{run}/result", {"generation": 1, "outcome": "failed", "summary": refused.json["detail"]})

    assert (refused.status, refused.json["detail"]) == (413, "The body is too large: at most 5 MB.")
    assert (ended.status, ended.json["outcome"]) == (200, "failed")
    assert owner.get(f"/api/runs/{run}").json["summary"] == "The body is too large: at most 5 MB."


def test_the_publish_job_is_given_the_patch_and_reports_its_pull_request(machine, owner, stranger):
    run, stranger.bearer = claim_run(machine, workflow="auto-triage")
    result = {"generation": 1, "outcome": "completed", "summary": "Take it once.", "base_commit": "b" * 40, "patch": proposal()}
    assert stranger.post(f"/api/runs/{run}/result", result).json == {
        "outcome": "completed",
        "patch": {"verdict": "accepted", "reasons": []},
    }

    given = machine.get(f"/api/runs/{run}/patch?generation=1").json
    pull = {"number": 7, "url": "https://github.com/acme/shop/pull/7", "draft": True, "base": "main", "head_sha": "c" * 40}
    body = {"generation": 1, "branch": given["branch"], "head_commit": "c" * 40, "commits": [], "pull": pull}
    told = machine.post(f"/api/runs/{run}/published", body)

    assert (given["title"], given["lands_on"], given["base_branch"], given["pull"]) == ("fix: Take it once (DISPATCH-1)", None, None, None)
    assert given["mbox"].startswith("From ")
    assert (told.status, told.json["verdict"]) == (200, "accepted")
    assert owner.get("/api/issues/DISPATCH-1/pulls").json["items"][0]["number"] == 7
    assert machine.get(f"/api/runs/{run}/patch?generation=2").status == 409
    assert owner.get(f"/api/runs/{run}/patch?generation=1").status == 403
