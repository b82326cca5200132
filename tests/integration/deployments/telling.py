"""What GitHub tells of deployments, as its webhooks have it."""

from datetime import timedelta
from typing import Any

from dispatch import deployments
from dispatch.kit.work import work
from tests import hooks


def status(state: str, *, number: int = 7, minutes: float = 1, **more: Any) -> dict[str, Any]:
    """A `deployment_status` webhook's body; `environment`, `sha` and the flags are what they say."""
    return {
        "action": "created",
        "repository": {"full_name": more.get("repository", "Acme/Shop")},
        "deployment": {
            "id": number,
            "sha": more.get("sha", hooks.SHA),
            "environment": more.get("environment", "production"),
            "created_at": hooks.at(),
            **{flag: more[flag] for flag in ("production_environment", "transient_environment") if flag in more},
        },
        "deployment_status": {
            "state": state,
            "environment": more.get("environment", "production"),
            "log_url": more.get("log_url", f"https://github.com/acme/shop/deployments/{number}"),
            "created_at": hooks.at(minutes),
        },
    }


def run(run_id: int = 900, **more: Any) -> dict[str, Any]:
    """A `workflow_run` webhook's body, of a workflow that deploys."""
    told = hooks.ci_run(run_id, **({"name": "Deploy", "path": ".github/workflows/ship.yml", "event": "push"} | more))
    return {"action": "completed", "workflow_run": told, "repository": {"full_name": "acme/shop"}}


def minutes(number: float) -> timedelta:
    """So many of them."""
    return timedelta(minutes=number)


def tell(body: Any) -> str | None:
    """The webhook has been heard."""
    with work() as unit:
        hear = deployments.hear_deploy_run if "workflow_run" in body else deployments.hear_deployment_status
        return hear(unit, body)


def succeeded(repository: str = "acme/shop") -> list[tuple[str, str]]:
    """What came to production: the commit, and when, in minutes since an hour ago."""
    with work() as unit:
        found = deployments.list_succeeded(unit, repository, hooks.AN_HOUR_AGO)
        return [(one.sha[:4], str(one.ended_at - hooks.AN_HOUR_AGO) if one.ended_at else "") for one in found]
