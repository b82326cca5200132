"""Whether deployments are known, without which fixes are watched from their merge on: the part of the access check that says so."""

from dispatch import deployments
from dispatch.clients import github
from dispatch.clients.github_pulls import Unreadable
from dispatch.kit.settings import settings
from dispatch.kit.work import work

WAYS = (
    "Let the webhook tell of deployment statuses, or name the workflow that deploys in DEPLOY_WORKFLOWS, or tell them with "
    "`dispatch deployed`. Until then fixes are watched from their merge on."
)
BLIND = "What webhooks miss stays missed."


def describe_deployments() -> tuple[bool | None, str]:
    """Whether deployments are known (None: not yet), and what to do. Opens a work of its own, and none while GitHub is asked."""
    with work() as unit:
        newest = next(iter(deployments.list_deployments(unit, limit=1)), None)
    heard = f"The newest is {newest.sha[:7]} to {newest.environment}, {newest.heard_at:%Y-%m-%d %H:%M} UTC." if newest else ""
    try:
        environments = deployments.list_environments(settings().github_repo)
    except (github.Refused, Unreadable) as refusal:
        return (True, f"{heard} {BLIND} {refusal.sentence}") if newest else (None, f"{WAYS} {refusal.sentence}")
    except github.NoAnswer as silence:
        return (True if newest else None), heard or silence.sentence
    return (True, heard) if newest else (None, _unheard(environments))


def _unheard(environments: dict[str, bool]) -> str:
    """What to do where GitHub knows of deployments and we do not."""
    if not environments:
        return f"None was heard of, and GitHub knows none. {WAYS}"
    names = ", ".join(sorted(environments)[:5])
    if not any(environments.values()):
        return f"GitHub knows only deployments to {names}. If one of them is production, name it in PRODUCTION_ENVIRONMENTS."
    return f"GitHub knows some to {names}, but no webhook told of one. {WAYS}"
