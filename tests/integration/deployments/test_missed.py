"""Deployments that no webhook told of."""

from typing import Any

import pytest

from dispatch import deployments, pulls
from dispatch.clients.github_pulls import read_pull
from dispatch.kit.work import work
from tests import doing, hooks
from tests.github_door import GitHub
from tests.integration.deployments.telling import run, status, succeeded, tell

HERE = "/repos/acme/shop"


def at_github(github: GitHub, *told: dict[str, Any]) -> None:
    """GitHub knows these deployments, the newest first, each by its newest status."""
    github.answers[f"GET {HERE}/deployments"] = (200, [body["deployment"] for body in told])
    for body in told:
        path = f"GET {HERE}/deployments/{body['deployment']['id']}/statuses"
        github.answers[path] = (200, [status("inactive", minutes=30)["deployment_status"], body["deployment_status"]])


def test_what_no_webhook_told_of_is_known_within_the_hour(github: GitHub):
    tell(status("success", number=1, sha=hooks.OTHER_SHA, minutes=1))
    at_github(
        github, status("success", number=3, minutes=9), status("success", number=2, environment="staging"), status("success", number=1)
    )

    assert deployments.look_for_missed() == 1

    assert succeeded() == [("ab12", "0:01:00"), ("5f3c", "0:09:00")]
    assert [asked.path for asked in github.asked] == [f"{HERE}/deployments", f"{HERE}/deployments/3/statuses"]
    assert deployments.look_for_missed() == 0


def test_the_end_of_one_that_was_on_its_way_is_heard(github: GitHub):
    tell(status("in_progress"))
    at_github(github, status("success", minutes=4))

    assert deployments.look_for_missed() == 1
    assert succeeded() == [("5f3c", "0:04:00")]


def test_runs_of_a_workflow_that_deploys_are_looked_up_too(github: GitHub, setting):
    setting.setenv("DEPLOY_WORKFLOWS", "Deploy")
    tell(run(1, conclusion="success", minutes=1, sha=hooks.OTHER_SHA))
    at_github(github)
    runs = [run(2, conclusion="success", minutes=5), run(3, name="CI", path="ci.yml", conclusion="success")]
    github.answers[f"GET {HERE}/actions/runs"] = (200, {"workflow_runs": [body["workflow_run"] for body in runs]})

    assert deployments.look_for_missed() == 1
    assert succeeded() == [("ab12", "0:01:00"), ("5f3c", "0:05:00")]


def test_where_nothing_waits_for_a_deployment_nobody_asks(github: GitHub):
    assert deployments.look_for_missed() == 0
    assert github.asked == []


def test_a_merged_fix_waits_for_one(github: GitHub):
    issue = doing.make_issue()
    with work() as unit:
        unit.conn.execute(
            "INSERT INTO family (id, name, issue_id, source, feature, message, level, first_seen, last_seen, created_at)"
            " VALUES (gen_random_uuid(), 'a', %s, 's', 'f', 'm', 'error', now(), now(), now())",
            [issue.id],
        )
    with work() as unit:
        pulls.hear_pull(unit, read_pull(hooks.pull(title=f"Fix {issue.identifier}", state="merged", minutes=1)))
    at_github(github, status("success", minutes=9))

    assert deployments.look_for_missed() == 1


@pytest.mark.parametrize("answer", [(403, {"message": "Resource not accessible"}), (404, {}), (502, {}), (200, [{"id": "x"}])])
def test_a_right_that_is_missing_and_an_odd_answer_are_no_error(github: GitHub, answer):
    tell(status("in_progress"))
    github.answers[f"GET {HERE}/deployments"] = answer

    assert deployments.look_for_missed() == 0
