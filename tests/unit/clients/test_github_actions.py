"""Starting and finding jobs, and what people read when the runtime says no: true of GitHub, and of a laptop that answers like it."""

from datetime import UTC, datetime

import pytest

from dispatch.clients import github, github_actions
from dispatch.clients.github_actions import Job
from tests.github_door import GitHub

RUNS = "GET /repos/acme/shop/actions/workflows/prd-implement.yml/runs"
DISPATCH = "POST /repos/acme/shop/actions/workflows/prd-implement.yml/dispatches"
SINCE = datetime(2026, 11, 22, 12, tzinfo=UTC)


def start() -> Job | None:
    return github_actions.dispatch_workflow("acme/shop", "prd-implement.yml", ref="main", inputs={"issue": "DISPATCH-1"})


def test_a_started_job_is_known_by_its_id_and_page(github_door: GitHub) -> None:
    github_door.answers[DISPATCH] = (200, {"workflow_run_id": 7, "run_url": "-", "html_url": "https://github.com/acme/shop/actions/runs/7"})

    assert start() == Job("7", "https://github.com/acme/shop/actions/runs/7")
    [asked] = github_door.asked
    assert asked.body == {"ref": "main", "inputs": {"issue": "DISPATCH-1"}, "return_run_details": True}
    assert asked.bearer == "a-token"


def test_an_older_runtime_that_does_not_tell_its_runs_id_has_started_it_all_the_same(github_door: GitHub) -> None:
    github_door.answers[DISPATCH] = (204, None)

    assert start() is None


def test_a_job_is_found_by_its_name(github_door: GitHub) -> None:
    runs = [{"id": 1, "display_title": "DISPATCH-1 other", "status": "queued"}, {"id": 2, "display_title": "DISPATCH-1 wanted"}]
    github_door.answers[RUNS] = (200, {"total_count": 2, "workflow_runs": [*runs, {"id": 3}]})

    found = github_actions.find_dispatched("acme/shop", "prd-implement.yml", name="DISPATCH-1 wanted", since=SINCE)

    assert found is not None
    assert found.id == "2"
    assert github_door.asked[0].params == {"event": "workflow_dispatch", "created": ">=2026-11-22T12:00:00Z", "per_page": "100"}


def test_no_job_of_that_name_is_none(github_door: GitHub) -> None:
    github_door.answers[RUNS] = (200, {"total_count": 0, "workflow_runs": []})

    assert github_actions.find_dispatched("acme/shop", "prd-implement.yml", name="DISPATCH-1 wanted", since=SINCE) is None


@pytest.mark.parametrize(
    ("run", "conclusion"),
    [
        ({"status": "in_progress", "conclusion": None}, None),
        ({"status": "queued"}, None),
        ({"status": "completed", "conclusion": "timed_out"}, "timed_out"),
        ({"status": "completed", "conclusion": None}, "unknown"),
    ],
)
def test_a_job_has_a_conclusion_once_it_has_ended(github_door: GitHub, run: dict, conclusion: str | None) -> None:
    github_door.answers["GET /repos/acme/shop/actions/runs/7"] = (200, {"id": 7, **run})

    assert github_actions.find_job("acme/shop", "7") == Job("7", None, conclusion)


def test_a_job_that_is_gone_is_none(github_door: GitHub) -> None:
    assert github_actions.find_job("acme/shop", "7") is None


@pytest.mark.parametrize("status", [202, 404, 409])
def test_a_job_that_has_ended_needs_no_cancel(github_door: GitHub, status: int) -> None:
    github_door.answers["POST /repos/acme/shop/actions/runs/7/cancel"] = (status, {})

    github_actions.cancel_job("acme/shop", "7")

    assert len(github_door.asked) == 1


def test_a_workflow_that_is_not_installed_says_what_to_do(github_door: GitHub) -> None:
    github_door.answers["GET /repos/acme/shop"] = (200, {"default_branch": "main"})

    with pytest.raises(github.Refused) as refusal:
        start()

    assert refusal.value.sentence == "prd-implement.yml is not installed in acme/shop: run `dispatch workflows install` there and push it."


def test_a_repository_that_the_token_does_not_see_is_no_missing_workflow(github_door: GitHub) -> None:
    with pytest.raises(github.Refused, match="The token does not see acme/shop, or there is no such repository"):
        start()


def test_a_refusal_gives_the_runtimes_reason_and_blames_nobody_else(github_door: GitHub) -> None:
    github_door.answers[DISPATCH] = (422, {"message": "shop has uncommitted changes (a.txt)."})

    with pytest.raises(github.Refused) as refusal:
        start()

    assert refusal.value.sentence == "The runtime refuses (422): shop has uncommitted changes (a.txt)."


def test_the_page_of_a_job_is_on_the_server_whose_api_it_is(setting: pytest.MonkeyPatch) -> None:
    pages = []
    for api in ("https://api.github.com", "https://github.acme.com/api/v3", "https://api.acme.ghe.com"):
        setting.setenv("GITHUB_API_URL", api)
        pages.append(github_actions.job_page("acme/shop", "7"))

    assert pages == [f"https://{host}/acme/shop/actions/runs/7" for host in ("github.com", "github.acme.com", "acme.ghe.com")]
