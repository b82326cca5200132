"""Deployments told by whoever deploys: over the API, and by the command."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dispatch import deployments
from dispatch.kit.work import work
from infra import cli
from tests.github.git import git

SHA, OTHER_SHA = "5f3c" * 10, "ab12" * 10


def known(sha: str = SHA) -> list[str]:
    with work() as unit:
        return [one.state for one in deployments.list_deployments(unit, limit=100) if one.sha == sha]


def test_a_deployment_is_told_as_it_goes_and_again_under_one_id(machine):
    for state in ("in_progress", "succeeded", "succeeded"):
        told = machine.post("/api/deployments", {"sha": SHA, "id": "release-42", "state": state})
        assert (told.status, told.json["counts"], told.json["id"]) == (200, True, "release-42")

    assert known() == ["succeeded"]
    [shown] = machine.get("/api/deployments").json["items"]
    assert (shown["sha"], shown["environment"], shown["repository"], shown["external_id"]) == (
        SHA,
        "production",
        "acme/shop",
        "told:release-42",
    )


def test_the_senders_own_time_decides_but_the_future_is_now(machine):
    now = datetime.now(UTC)
    for state, minutes in (("failed", -1), ("succeeded", -5)):
        machine.post("/api/deployments", {"sha": SHA, "id": "a", "state": state, "at": (now + timedelta(minutes=minutes)).isoformat()})
    machine.post("/api/deployments", {"sha": OTHER_SHA, "id": "b", "at": (now + timedelta(days=1)).isoformat()})

    assert known() == ["failed"]
    with work() as unit:
        [found] = deployments.list_succeeded(unit, "acme/shop", now - timedelta(hours=1))
    assert found.ended_at <= datetime.now(UTC)


def test_without_an_id_each_is_another_and_an_id_stays_with_its_commit(machine):
    for _ in range(2):
        machine.post("/api/deployments", {"sha": SHA})
    assert known() == ["succeeded", "succeeded"]

    machine.post("/api/deployments", {"sha": SHA, "id": "a"})
    assert machine.post("/api/deployments", {"sha": OTHER_SHA, "id": "a"}).status == 409


def test_what_goes_elsewhere_is_answered_and_not_kept(machine):
    told = machine.post("/api/deployments", {"sha": SHA, "environment": "staging"})

    assert (told.status, told.json["counts"], told.json["answer"]) == (200, False, "a deployment to staging, which is not production here")
    assert known() == []


@pytest.mark.parametrize(
    "body",
    [{}, {"sha": "main"}, {"sha": "5f3c"}, {"sha": SHA, "state": "done"}, {"sha": SHA, "url": "javascript:x"}, {"sha": SHA, "more": 1}],
)
def test_what_is_no_deployment_is_refused(machine, body):
    assert machine.post("/api/deployments", body).status == 422


def test_telling_is_for_those_who_may_close_issues_and_is_in_the_audit(machine, owner, stranger):
    assert stranger.post("/api/deployments", {"sha": SHA}).status == 401
    token = owner.post("/api/tokens", {"name": "CI", "scopes": ["read"]}).json["token"]
    stranger.bearer = token
    assert stranger.post("/api/deployments", {"sha": SHA}).status == 403

    machine.post("/api/deployments", {"sha": SHA, "id": "a"})

    assert [row["subject"] for row in owner.get("/api/audit").json["items"] if row["action"] == "deployment.told"] == ["deployment:a"]


def test_the_command_tells_which_commit_a_name_means(address, tmp_path: Path, capsys):
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "One")
    sha = git(tmp_path, "rev-parse", "HEAD")

    assert cli.main(["deployed", "--in", str(tmp_path), "--url", address]) == 0
    assert capsys.readouterr().out == f"{sha[:7]} to production: succeeded\n"
    assert cli.main(["deployed", "main", "--in", str(tmp_path), "--state", "failed", "--id", "a", "--json", "--url", address]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "a"
    assert cli.main(["deployed", "--list", "--url", address]) == 0
    assert sorted(line.split()[-1] for line in capsys.readouterr().out.splitlines()) == ["failed", "succeeded"]

    assert cli.main(["deployed", "nowhere", "--in", str(tmp_path), "--url", address]) == 2
    assert "There is no commit nowhere" in capsys.readouterr().err
