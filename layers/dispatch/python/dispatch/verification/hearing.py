"""What GitHub reports, as its webhook brings it: of deployments, of everything else, and then of fixes that begin."""

from typing import Any

from dispatch import deployments, pulls, spawning
from dispatch.clients.github_pulls import Unreadable
from dispatch.deliveries import Delivery
from dispatch.kit.work import Work
from dispatch.verification.beginning import begin_attempt

GITHUB_EVENTS = frozenset({*spawning.GITHUB_EVENTS, "deployment_status"})


def hear_github(work: Work, delivery: Delivery) -> str:
    """What the delivery reports is known, and has moved what it moves; says in a few words what that was. Raises Unreadable."""
    if delivery.event == "deployment_status":
        return deployments.hear_deployment_status(work, delivery.body)
    deployed = deployments.hear_deploy_run(work, delivery.body) if delivery.event == "workflow_run" else None
    heard = spawning.hear_github(work, delivery)
    begun = _begin(work, delivery.body) if "pull_request" in delivery.body else None
    return "; ".join(filter(None, (heard, deployed, begun)))


def _begin(work: Work, body: Any) -> str | None:
    """A merged pull request of an error is watched from now on."""
    try:
        repository, number = body["pull_request"]["base"]["repo"]["full_name"], body["pull_request"]["number"]
    except (KeyError, TypeError) as error:
        raise Unreadable("GitHub's pull request cannot be read.") from error
    pull = pulls.find_by_number(work, repository, number)
    return "its fix is watched" if pull and begin_attempt(work, pull) else None
