"""What `dispatch github check` and `GET /api/github` say about an instance's access to GitHub."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from dispatch import deliveries, deployments
from dispatch.clients import github_access
from dispatch.deliveries import NewDelivery
from dispatch.deployments import NewDeployment
from dispatch.kit.work import work
from dispatch.runs import WORKFLOWS
from dispatch.spawning import access
from infra import cli
from tests import doing
from tests.github_door import GitHub
from tests.integration.functions.conftest import Api
from tests.oidc import Voucher

SHOP = "/repos/acme/shop"
INSTALLED = [{"path": f".github/workflows/{name}.yml", "state": "active"} for name in WORKFLOWS]


@pytest.fixture
def github(github_door: GitHub, setting: pytest.MonkeyPatch) -> GitHub:
    """Everything is as it should be, with a classic token."""
    github_door.answers[f"GET {SHOP}"] = (
        200,
        {"default_branch": "main", "private": True, "permissions": {"push": True}},
        {"x-oauth-scopes": "repo, workflow"},
    )
    github_door.answers[f"GET {SHOP}/actions/workflows"] = (200, {"total_count": 6, "workflows": INSTALLED})
    for probed in ("commits", "pulls", "deployments"):
        github_door.answers[f"GET {SHOP}/{probed}"] = (200, [])
    manifest(github_door, version=access.RUNNER_VERSION)
    Voucher(github_door)
    setting.setenv("GITHUB_WEBHOOK_SECRET", "a secret")
    setting.setenv("PUBLIC_URL", "https://dispatch.example.com")
    deliveries.take(NewDelivery(source="github", id="1", event="ping", body={}), lambda *_: "heard")
    tell_deployment()
    return github_door


def tell_deployment() -> None:
    with work() as unit:
        deployments.tell_deployment(unit, NewDeployment(sha="5f3c" * 10), actor=doing.ADA)


def manifest(door: GitHub, **content: Any) -> None:
    encoded = base64.encodebytes(json.dumps({"files": {}, **content}).encode()).decode()
    door.answers[f"GET {SHOP}/contents/.github/dispatch/manifest.json"] = (200, {"encoding": "base64", "content": encoded})


def fine_grained(door: GitHub) -> None:
    door.answers[f"GET {SHOP}"] = (200, {"default_branch": "main", "private": True, "permissions": {"push": True}})


def checks(machine: Api) -> dict[str, Any]:
    answer = machine.get("/api/github")
    assert answer.status == 200, answer.text
    return {check["name"]: check for check in answer.json["checks"]}


def wrong(machine: Api) -> dict[str, str]:
    return {name: check["detail"] for name, check in checks(machine).items() if check["ok"] is False}


def unknown(machine: Api) -> set[str]:
    return {name for name, check in checks(machine).items() if check["ok"] is None}


def test_where_all_is_well_nothing_is_missing(machine: Api, github: GitHub) -> None:
    answer = machine.get("/api/github").json

    assert (answer["repository"], answer["auth"]) == ("acme/shop", "token")
    assert {check["name"]: check["ok"] for check in answer["checks"]} == dict.fromkeys(
        [
            "token",
            "repository",
            "permission actions: write",
            "permission contents: read",
            "permission pull_requests: read",
            *(f"workflow {name}" for name in WORKFLOWS),
            "webhook secret",
            "last delivery",
            "deployments",
            "keys that verify jobs",
            "public address",
        ],
        True,
    )


def test_looking_changes_nothing_at_github(machine: Api, github: GitHub) -> None:
    machine.get("/api/github")

    assert {asked.method for asked in github.asked} == {"GET"}


def test_only_an_admin_may_look(owner: Api, stranger: Api, github: GitHub) -> None:
    assert owner.get("/api/github").status == 200
    stranger.bearer = owner.post("/api/tokens", {"name": "ci", "scopes": ["read", "spawn"]}).json["token"]
    assert stranger.get("/api/github").status == 403


def test_no_secret_is_shown(machine: Api, github: GitHub) -> None:
    text = machine.get("/api/github").text

    assert "a-token" not in text
    assert "a secret" not in text


def test_a_token_that_is_not_taken(machine: Api, github: GitHub) -> None:
    github.answers[f"GET {SHOP}"] = (401, {"message": "Bad credentials"})

    assert "wrong, expired or revoked" in wrong(machine)["token"]
    assert {"repository", "permission actions: write", "workflow qa-test"} <= unknown(machine)


def test_no_token_at_all(machine: Api, github: GitHub, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("GITHUB_TOKEN", "")

    assert machine.get("/api/github").json["auth"] == "none"
    assert "Set GITHUB_TOKEN, or GITHUB_APP_ID" in wrong(machine)["token"]


def test_a_repository_that_is_not_seen(machine: Api, github: GitHub) -> None:
    del github.answers[f"GET {SHOP}"]

    assert list(wrong(machine)) == ["repository"]


def test_a_github_that_does_not_answer_is_nobodys_fault(machine: Api, github: GitHub) -> None:
    github.answers[f"GET {SHOP}"] = (502, {})

    assert wrong(machine) == {}
    assert "token" in unknown(machine)


def test_a_classic_token_that_lacks_its_scope(machine: Api, github: GitHub) -> None:
    github.answers[f"GET {SHOP}"] = (200, {"private": True}, {"x-oauth-scopes": "public_repo, gist"})

    assert wrong(machine)["permission actions: write"] == "The token's scopes are gist, public_repo; it needs repo."


def test_a_public_repository_needs_the_smaller_scope(machine: Api, github: GitHub) -> None:
    github.answers[f"GET {SHOP}"] = (200, {"private": False}, {"x-oauth-scopes": "public_repo"})

    assert wrong(machine) == {}


def test_of_a_fine_grained_token_it_is_told_what_it_reads_and_that_writing_is_unknown(machine: Api, github: GitHub) -> None:
    fine_grained(github)

    assert wrong(machine) == {}
    assert unknown(machine) == {"permission actions: write"}
    assert checks(machine)["permission contents: read"]["detail"] == "It was read."


def test_a_fine_grained_token_that_may_not_read_says_what_it_lacks(machine: Api, github: GitHub) -> None:
    fine_grained(github)
    refused = (
        403,
        {"message": "Resource not accessible by personal access token"},
        {"x-accepted-github-permissions": "pull_requests=read"},
    )
    github.answers[f"GET {SHOP}/pulls"] = refused

    assert wrong(machine)["permission pull_requests: read"].endswith("It needs the permission pull_requests: read.")


def test_an_empty_repository_can_be_read(machine: Api, github: GitHub) -> None:
    fine_grained(github)
    github.answers[f"GET {SHOP}/commits"] = (409, {"message": "Git Repository is empty."})

    assert checks(machine)["permission contents: read"]["ok"] is True


def test_a_person_who_may_not_write_starts_nothing(machine: Api, github: GitHub) -> None:
    github.answers[f"GET {SHOP}"] = (200, {"permissions": {"push": False}}, {"x-oauth-scopes": "repo"})

    assert list(wrong(machine)) == ["permission actions: write"]


def test_an_apps_permissions_are_those_of_its_installation(machine: Api, github: GitHub, setting: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from tests.oidc import rsa_key

    pem = rsa_key("app").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for name, value in (("GITHUB_TOKEN", ""), ("GITHUB_APP_ID", "5"), ("GITHUB_APP_PRIVATE_KEY", pem)):
        setting.setenv(name, value)
    github_access._held.clear()
    fine_grained(github)
    permissions = {"actions": "read", "contents": "write", "metadata": "read"}
    github.answers[f"GET {SHOP}/installation"] = (200, {"id": 9, "permissions": permissions})
    token = {"token": "ghs_1", "expires_at": "2099-01-01T00:00:00Z"}
    github.answers["POST /app/installations/9/access_tokens"] = (201, token)

    assert set(wrong(machine)) == {"permission actions: write", "permission pull_requests: read"}
    assert checks(machine)["permission contents: read"]["detail"] == "The App has write."


def test_deployments_that_may_not_be_looked_up_are_known_by_webhook_alone(machine: Api, github: GitHub) -> None:
    lacks = {"x-accepted-github-permissions": "deployments=read"}
    github.answers[f"GET {SHOP}/deployments"] = (403, {"message": "Resource not accessible by personal access token"}, lacks)

    found = checks(machine)["deployments"]

    assert found["ok"] is True
    assert "What webhooks miss stays missed." in found["detail"]
    assert found["detail"].endswith("It needs the permission deployments: read.")


@pytest.mark.parametrize(
    ("environments", "said"),
    [
        ([], "None was heard of, and GitHub knows none. Let the webhook tell of deployment statuses, or name the workflow that deploys"),
        (
            ["live", "staging"],
            "GitHub knows only deployments to live, staging. If one of them is production, name it in PRODUCTION_ENVIRONMENTS.",
        ),
        (["production"], "GitHub knows some to production, but no webhook told of one."),
    ],
)
def test_where_no_deployment_was_heard_of_it_says_what_to_do(machine: Api, github: GitHub, environments: list[str], said: str) -> None:
    with work() as unit:
        unit.conn.execute("DELETE FROM deployment")
    known = [
        {"id": number, "sha": "5f3c" * 10, "environment": name, "created_at": "2026-11-20T10:00:00Z"}
        for number, name in enumerate(environments)
    ]
    github.answers[f"GET {SHOP}/deployments"] = (200, known)

    found = checks(machine)["deployments"]

    assert found["ok"] is None
    assert found["detail"].startswith(said)


@pytest.mark.parametrize(
    ("workflows", "version", "said"),
    [
        (INSTALLED[1:], access.RUNNER_VERSION, "It is not on the default branch: run `dispatch workflows install` there and push it."),
        (
            [{**INSTALLED[0], "state": "disabled_manually"}, *INSTALLED[1:]],
            access.RUNNER_VERSION,
            "switched off at GitHub (disabled_manually)",
        ),
        (INSTALLED, "0", f"Its runner has version 0, and this instance {access.RUNNER_VERSION}"),
        (INSTALLED, None, "there is no .github/dispatch/manifest.json"),
    ],
)
def test_a_workflow_that_would_not_run_says_why(machine: Api, github: GitHub, workflows: Any, version: str | None, said: str) -> None:
    github.answers[f"GET {SHOP}/actions/workflows"] = (200, {"workflows": workflows})
    if version is None:
        del github.answers[f"GET {SHOP}/contents/.github/dispatch/manifest.json"]
    else:
        manifest(github, version=version)

    assert said in wrong(machine)[f"workflow {next(iter(WORKFLOWS))}"]


def test_a_manifest_that_is_nonsense_tells_no_version(machine: Api, github: GitHub) -> None:
    github.answers[f"GET {SHOP}/contents/.github/dispatch/manifest.json"] = (200, {"content": "bm9uc2Vuc2U="})

    assert "workflow qa-test" in wrong(machine)


def test_what_this_instance_lacks_itself(machine: Api, github: GitHub, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("GITHUB_WEBHOOK_SECRET", "")
    setting.setenv("PUBLIC_URL", "http://localhost:3002")
    setting.setenv("GITHUB_OIDC_ISSUER", "http://127.0.0.1:1")

    assert set(wrong(machine)) == {"webhook secret", "public address", "keys that verify jobs"}


def test_the_runners_version_is_the_shipped_ones(project: Path) -> None:
    assert f'\nVERSION = "{access.RUNNER_VERSION}"' in (project / "workflows/agent/__init__.py").read_text()


def test_the_command_tells_each_thing_in_a_line_and_succeeds_where_nothing_is_missing(
    address: str, github: GitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    fine_grained(github)

    assert cli.main(["github", "check", "--url", address]) == 0

    said = capsys.readouterr().out
    assert said.startswith("acme/shop, by GITHUB_TOKEN\n")
    lines = [re.split("  +", line.strip()) for line in said.splitlines()[2:]]
    assert ["ok", "workflow qa-test", f"It is there, with version {access.RUNNER_VERSION} of the runner."] in lines
    assert lines[2][:2] == ["unknown", "permission actions: write"]
    assert "\033" not in said


def test_the_command_fails_where_something_is_missing(address: str, github: GitHub, capsys: pytest.CaptureFixture[str]) -> None:
    github.answers[f"GET {SHOP}/actions/workflows"] = (200, {"workflows": []})

    assert cli.main(["github", "check", "--url", address]) == 1

    assert "  missing  workflow qa-test" in capsys.readouterr().out


def test_the_commands_json_is_the_apis_own_answer(address: str, github: GitHub, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["github", "check", "--json", "--url", address]) == 0

    assert json.loads(capsys.readouterr().out)["auth"] == "token"


def test_marks_have_colours_on_a_terminal_unless_they_are_not_wanted(
    address: str, github: GitHub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    cli.main(["github", "check", "--url", address])
    assert "\033[32mok" in capsys.readouterr().out

    monkeypatch.setenv("NO_COLOR", "1")
    cli.main(["github", "check", "--url", address])
    assert "\033" not in capsys.readouterr().out
