"""A job on GitHub Actions at the API's door: GitHub vouches for it, and it is held to the one run it was started for."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from dispatch import spawning
from dispatch.clients import github_oidc
from dispatch.kit.work import work
from tests import doing
from tests.github_door import GitHub
from tests.integration.functions.conftest import API_KEY, Api
from tests.oidc import KEYS, Voucher

pytestmark = pytest.mark.usefixtures("queues", "instance")

SHOP = "/repos/acme/shop"


@pytest.fixture
def github(github_door: GitHub) -> GitHub:
    """acme/shop, whose jobs are called 7."""
    github_oidc._held.clear()
    github_door.answers[f"GET {SHOP}"] = (200, {"default_branch": "main"})
    for workflow in ("prd-investigate", "auto-triage"):
        github_door.answers[f"POST {SHOP}/actions/workflows/{workflow}.yml/dispatches"] = (200, {"workflow_run_id": 7})
    return github_door


@pytest.fixture
def voucher(github: GitHub) -> Voucher:
    return Voucher(github)


@pytest.fixture
def run(github: GitHub) -> UUID:
    """A run that was started as job 7."""
    return start()


def start(workflow: str = "prd-investigate") -> UUID:
    spawn = doing.ask(doing.make_issue(), workflow)
    assert spawn.run_id
    spawning.start_run(spawn.run_id, 1)
    return spawn.run_id


def claims(workflow: str = "prd-investigate", **other: Any) -> dict[str, Any]:
    """Those of the job that was asked for."""
    return {
        "repository": "acme/shop",
        "workflow_ref": f"acme/shop/.github/workflows/{workflow}.yml@refs/heads/main",
        "ref": "refs/heads/main",
        "event_name": "workflow_dispatch",
        "run_id": "7",
        "run_attempt": "1",
        **other,
    }


def claim(token: str, run: UUID) -> Any:
    return Api(bearer=token).post(f"/api/runs/{run}/claim", {"generation": 1})


def test_a_runs_own_job_claims_it_without_any_key(voucher: Voucher, run: UUID) -> None:
    answer = claim(voucher.sign(**claims()), run)

    assert answer.status == 200, answer.text
    assert answer.json["run_token"].startswith("dr_")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"repository": "evil/shop", "workflow_ref": "evil/shop/.github/workflows/prd-investigate.yml@refs/heads/main"}, "acme/shop"),
        ({"event_name": "pull_request"}, "the job was by pull_request"),
        ({"event_name": "push"}, "the job was by push"),
        ({"ref": "refs/heads/evil", "workflow_ref": "acme/shop/.github/workflows/prd-investigate.yml@refs/heads/evil"}, "refs/heads/evil"),
        ({"ref": "refs/tags/main", "workflow_ref": "acme/shop/.github/workflows/prd-investigate.yml@refs/tags/main"}, "refs/tags/main"),
        ({"workflow_ref": "acme/shop/.github/workflows/qa-test.yml@refs/heads/main"}, "its workflow is prd-investigate.yml"),
        ({"workflow_ref": "acme/shop/.github/workflows/prd-investigate.yml@refs/heads/evil"}, "its workflow is prd-investigate.yml"),
        ({"workflow_ref": "evil/shop/.github/workflows/prd-investigate.yml@refs/heads/main"}, "its workflow is prd-investigate.yml"),
    ],
)
def test_a_job_that_is_not_the_one_asked_for_is_refused_and_told_why(
    voucher: Voucher, run: UUID, wrong: dict[str, str], sentence: str
) -> None:
    answer = claim(voucher.sign(**claims(**wrong)), run)

    assert (answer.status, answer.json["code"]) == (403, "not_your_job")
    assert sentence in answer.json["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "https://github.com/acme"},
        {"iss": "https://token.actions.evil.example"},
        {"exp": 1000},
        {"key": "stranger"},
        {"key": "stranger", "headers": {"kid": "first"}},
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"run_id": None},
        {"repository": None},
        {"repository": 7},
    ],
)
def test_a_token_that_github_did_not_sign_for_us_is_401_with_a_sentence(voucher: Voucher, run: UUID, wrong: dict[str, Any]) -> None:
    answer = claim(voucher.sign(**claims(**wrong)), run)

    assert (answer.status, answer.json["code"]) == (401, "unverified")
    assert answer.json["detail"].startswith("This job's token")


def test_another_job_of_the_same_workflow_is_refused(voucher: Voucher, run: UUID) -> None:
    answer = claim(voucher.sign(**claims(run_id="8")), run)

    assert (answer.status, answer.json["code"]) == (403, "another_job")


def test_githubs_way_to_write_a_repositorys_name_does_not_matter(voucher: Voucher, run: UUID) -> None:
    name = "Acme/Shop"
    own = claims(repository=name, workflow_ref=f"{name}/.github/workflows/prd-investigate.yml@refs/heads/main")

    assert claim(voucher.sign(**own), run).status == 200


def test_a_job_of_one_run_does_not_act_for_another(voucher: Voucher, run: UUID, github: GitHub) -> None:
    github.answers[f"POST {SHOP}/actions/workflows/prd-investigate.yml/dispatches"] = (200, {"workflow_run_id": 8})
    other = start()

    assert claim(voucher.sign(**claims()), other).status == 403
    assert claim(voucher.sign(**claims(run_id="8")), other).status == 200


def test_a_second_attempt_of_the_job_finds_its_claim_refused(voucher: Voucher, run: UUID) -> None:
    claim(voucher.sign(**claims()), run)

    answer = claim(voucher.sign(**claims(run_attempt="2")), run)

    assert (answer.status, answer.json["code"]) == (409, "already_claimed")


def test_where_nobody_knows_the_jobs_number_the_first_that_fits_is_it(voucher: Voucher, github: GitHub) -> None:
    github.answers[f"POST {SHOP}/actions/workflows/prd-investigate.yml/dispatches"] = (504, {})
    run = start()

    assert claim(voucher.sign(**claims(run_id="41", ref="refs/heads/evil")), run).status == 403
    assert claim(voucher.sign(**claims(run_id="42")), run).status == 200
    assert claim(voucher.sign(**claims(run_id="43")), run).json["code"] == "another_job"
    told = Api(bearer=API_KEY).get(f"/api/runs/{run}").json
    assert told["external_id"] == "42"
    assert told["external_url"].endswith("/acme/shop/actions/runs/42")


def test_an_answer_that_comes_after_the_claim_does_not_take_the_run_from_its_job(voucher: Voucher, github: GitHub) -> None:
    spawn = doing.ask(doing.make_issue(), "auto-triage")
    run: Any = spawn.run_id
    first: list[Any] = []

    def answer(_: Any) -> Any:
        """A job that was started by an earlier try claims while the runtime is asked again; its thread has a connection of its own."""
        first.append(claim(voucher.sign(**claims("auto-triage", run_id="41")), run))
        return 200, {"workflow_run_id": 42}

    github.answers[f"POST {SHOP}/actions/workflows/auto-triage.yml/dispatches"] = answer
    spawning.start_run(run, 1)

    assert [one.status for one in first] == [200]
    patch = Api(bearer=voucher.sign(**claims("auto-triage", run_id="41"))).get(f"/api/runs/{run}/patch?generation=1")
    assert patch.status == 404  # it has none yet, but may ask


def test_the_publish_job_gets_the_patch_and_tells_how_it_went(voucher: Voucher, github: GitHub) -> None:
    run = start("auto-triage")
    job = Api(bearer=voucher.sign(**claims("auto-triage")))
    other = Api(bearer=voucher.sign(**claims("auto-triage", run_id="8")))
    body = {"generation": 1, "reason": "It does not apply.", "branch": "dispatch/x", "head_commit": "0123456789"}

    for method, path in (("GET", "patch?generation=1"), ("POST", "published"), ("POST", "unpublished")):
        assert job.call(method, f"/api/runs/{run}/{path}", body).json["code"] == "no_patch"
        assert other.call(method, f"/api/runs/{run}/{path}", body).status == 403


def test_a_jobs_token_opens_nothing_else_and_is_never_looked_up_as_one_of_ours(voucher: Voucher, run: UUID) -> None:
    job = Api(bearer=voucher.sign(**claims()))

    for answer in (
        job.get("/api/issues"),
        job.get(f"/api/runs/{run}"),
        job.post(f"/api/runs/{run}/heartbeat", {"generation": 1}),
        job.post(f"/api/runs/{run}/result", {"generation": 1}),
        job.post("/api/tokens", {"name": "x", "scopes": ["read"]}),
    ):
        assert (answer.status, answer.json["code"]) == (401, "no_jobs_door")


def test_a_runs_own_token_does_not_stand_in_for_its_job(voucher: Voucher, run: UUID) -> None:
    own = Api(bearer=claim(voucher.sign(**claims()), run).json["run_token"])

    assert own.get(f"/api/runs/{run}/patch?generation=1").status == 403
    assert own.post(f"/api/runs/{run}/claim", {"generation": 1}).status == 403


def test_the_api_key_goes_on_to_open_what_it_did(run: UUID) -> None:
    assert claim(API_KEY, run).status == 200


def test_a_run_that_was_never_started_at_github_is_no_jobs(voucher: Voucher, github: GitHub) -> None:
    spawn = doing.ask(doing.make_issue())
    assert spawn.run_id

    answer = claim(voucher.sign(**claims()), spawn.run_id)

    assert answer.status == 403
    assert "was not started on GitHub Actions" in answer.json["detail"]


def test_a_run_that_is_none_is_404(voucher: Voucher, github: GitHub) -> None:
    assert claim(voucher.sign(**claims()), uuid4()).status == 404


def test_a_run_that_was_cancelled_is_no_longer_claimed(voucher: Voucher, run: UUID) -> None:
    with work() as unit:
        spawning.cancel_run(unit, run, actor=doing.ADA)

    assert claim(voucher.sign(**claims()), run).json["code"] == "run_is_finished"


def test_while_githubs_keys_cannot_be_had_a_job_is_told_to_try_again(voucher: Voucher, run: UUID, github: GitHub) -> None:
    github.answers[KEYS] = (502, {})

    assert claim(voucher.sign(**claims()), run).status == 503


def test_the_audience_is_the_instance_as_scheme_and_host(github: GitHub, run: UUID, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("PUBLIC_URL", "https://Dispatch.Acme.example/app/")

    assert claim(Voucher(github, audience="https://dispatch.acme.example").sign(**claims()), run).status == 200
