"""Deployments, told in any order."""

import itertools

import pytest

from dispatch import deployments
from dispatch.clients.github_pulls import Unreadable
from dispatch.kit.work import work
from tests import hooks
from tests.integration.deployments import telling
from tests.integration.deployments.telling import run, status, succeeded, tell


def test_told_in_any_order_and_again_it_succeeded_when_its_sender_says():
    told = [("queued", 1), ("in_progress", 2), ("success", 5), ("inactive", 9)]
    for number, order in enumerate(itertools.permutations(told)):
        for state, minutes in [*order, *reversed(order)]:
            tell(status(state, minutes=minutes, number=number))

    assert succeeded() == [("5f3c", "0:05:00")] * 24


def test_what_replaces_it_takes_nothing_from_a_deployment_that_succeeded():
    tell(status("success", minutes=5))

    assert "nothing new" in (tell(status("inactive", minutes=9)) or "")
    assert succeeded() == [("5f3c", "0:05:00")]


@pytest.mark.parametrize("state", ["failure", "error"])
def test_what_failed_came_nowhere(state):
    tell(status("in_progress"))
    tell(status(state, minutes=3))

    assert succeeded() == []
    with work() as unit:
        assert deployments.is_known(unit, "acme/shop")
        assert deployments.is_in_progress(unit, "acme/shop") is None


@pytest.mark.parametrize(
    ("more", "does_count"),
    [
        ({"environment": "Production"}, True),
        ({"environment": "prod"}, True),
        ({"environment": "eu-live", "production_environment": True}, True),
        ({"environment": "staging"}, False),
        ({"environment": "staging", "production_environment": False}, False),
        ({"environment": "production", "transient_environment": True}, False),
        ({"environment": "Preview of shop", "transient_environment": True}, False),
    ],
)
def test_production_alone_counts(more, does_count):
    tell(status("success", **more))

    assert bool(succeeded()) is does_count
    with work() as unit:
        assert deployments.is_known(unit, "acme/shop") is does_count


def test_the_settings_say_what_production_is_called(setting):
    setting.setenv("PRODUCTION_ENVIRONMENTS", "live, Shop-EU")

    tell(status("success", environment="shop-eu"))
    tell(status("success", environment="production", number=8, sha=hooks.OTHER_SHA))

    assert [sha for sha, _ in succeeded()] == ["5f3c"]


@pytest.mark.parametrize("named", ["deploy", "ship.yml", "Something else, Ship", "Deploy@main"])
def test_a_workflow_that_the_settings_name_deploys_to_production(setting, named):
    setting.setenv("DEPLOY_WORKFLOWS", named)

    tell(run(conclusion=None, minutes=2))
    tell(run(conclusion="success", minutes=5))

    assert succeeded() == [("5f3c", "0:05:00")]


@pytest.mark.parametrize("more", [{"name": "CI", "path": ".github/workflows/ci.yml"}, {"event": "pull_request"}, {"branch": "staging"}])
def test_any_other_run_is_no_deployment(setting, more):
    setting.setenv("DEPLOY_WORKFLOWS", "Deploy@main")

    assert tell(run(conclusion="success", **more)) is None
    assert succeeded() == []


def test_with_no_workflow_named_no_run_is_a_deployment():
    assert tell(run(conclusion="success")) is None


def test_a_run_that_did_not_end_well_deployed_nothing(setting):
    setting.setenv("DEPLOY_WORKFLOWS", "Deploy")

    for number, conclusion in enumerate(["failure", "cancelled", "skipped", "timed_out"]):
        tell(run(number, conclusion=conclusion))

    assert succeeded() == []


def test_a_run_that_is_run_again_is_a_deployment_of_its_own(setting):
    setting.setenv("DEPLOY_WORKFLOWS", "Deploy")
    tell(run(conclusion="success", minutes=5))

    tell(run(conclusion="failure", attempt=2, minutes=9))

    assert succeeded() == [("5f3c", "0:05:00")]


def test_a_deployment_of_which_nothing_is_heard_for_half_an_hour_is_not_waited_for(clock):
    tell(status("in_progress", minutes=59))
    with work() as unit:
        on_its_way = deployments.is_in_progress(unit, "acme/shop")
    assert on_its_way
    assert (on_its_way.sha, on_its_way.url) == (hooks.SHA, "https://github.com/acme/shop/deployments/7")

    clock.travel(minutes=31)

    with work() as unit:
        assert deployments.is_in_progress(unit, "acme/shop") is None


def test_the_newest_is_told_as_of_a_moment_and_without_a_commit_deployed_again():
    for number, (minutes, sha) in enumerate([(5, hooks.OTHER_SHA), (10, hooks.SHA), (20, hooks.SHA), (50, "1" * 40)]):
        tell(status("success", number=number, minutes=minutes, sha=sha))

    moment = hooks.AN_HOUR_AGO + telling.minutes(30)
    with work() as unit:
        newest = deployments.find_newest(unit, "acme/shop", before=moment)
        assert newest
        assert newest.ended_at == hooks.AN_HOUR_AGO + telling.minutes(20)
        one_before = deployments.find_newest(unit, "acme/shop", before=moment, other_than=newest.sha)
        assert one_before
        assert one_before.sha == hooks.OTHER_SHA


def test_other_repositories_are_others():
    tell(status("success", repository="acme/other"))

    assert succeeded("ACME/other") == [("5f3c", "0:01:00")]
    assert succeeded() == []


@pytest.mark.parametrize(
    "broken", [{"sha": "main"}, {"sha": None}, {"environment": ""}, {"log_url": "javascript:alert(1)", "sha": "x" * 40}, {"environment": 7}]
)
def test_what_cannot_be_read_is_said_so(broken):
    with pytest.raises(Unreadable):
        tell(status("success", **broken))


def test_an_address_that_nobody_should_follow_is_left_out():
    tell(status("success", log_url="javascript:alert(1)"))

    with work() as unit:
        [found] = deployments.list_succeeded(unit, "acme/shop", hooks.AN_HOUR_AGO)
        assert found.url is None
