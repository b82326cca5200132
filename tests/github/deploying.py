"""Deployments at the loopback GitHub, each with its statuses and a webhook for each."""

from datetime import UTC, datetime

from tests.github.hub import Hub


def deploy(hub: Hub, sha: str, *states: str, environment: str = "production", at: datetime | None = None) -> int:
    """The commit has been deployed, with each of these statuses in turn; returns the deployment's number."""
    number = hub.new_id()
    hub.deployments[number] = ({"id": number, "sha": sha, "ref": "main", "environment": environment, "created_at": _iso(at)}, [])
    for state in states:
        tell_status(hub, number, state, at=at)
    return number


def tell_status(hub: Hub, number: int, state: str, *, at: datetime | None = None) -> None:
    """The deployment has come so far."""
    deployment, statuses = hub.deployments[number]
    statuses.append({"id": hub.new_id(), "state": state, "environment": deployment["environment"], "created_at": _iso(at)})
    hub.tell("deployment_status", "created", {"deployment": deployment, "deployment_status": statuses[-1]})


def _iso(moment: datetime | None) -> str:
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
