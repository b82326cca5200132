"""The policy as people read and change it: versions, each with who set it and why."""

from typing import Any

from pydantic import ValidationError

from dispatch.kit.actors import Actor
from dispatch.kit.errors import BadInput, Conflict
from dispatch.kit.settings import Limits
from dispatch.kit.work import Work
from dispatch.runs import WORKFLOWS
from dispatch.spawning import policy, policy_store
from dispatch.spawning.admitting import lock_admission
from dispatch.spawning.ending import offer_freed
from dispatch.spawning.limit_shapes import Policy, PolicyChange
from dispatch.spawning.telling import publish_fleet


class PolicyMoved(Conflict):
    """Somebody has changed the policy since you read it. Look at theirs first."""


def get_policy(work: Work) -> Policy:
    """The policy in force."""
    version, _ = policy.current(work)
    return list_versions(work, before=version + 1, limit=1)[0]


def list_versions(work: Work, *, before: int | None = None, limit: int = 50) -> list[Policy]:
    """Versions of the policy below that one, newest first, at most `limit`."""
    rows = policy_store.select_versions(work.conn, before=before, limit=min(limit, 200))
    return [Policy(**row.model_dump(exclude={"limits"}), limits=policy.limits_kept(row.limits)) for row in rows]


def candidate(work: Work, changes: dict[str, Any]) -> Limits:
    """The limits in force with these changes. Raises BadInput, naming the limit and what is wrong with it."""
    _, limits = policy.current(work)
    if unknown := set(changes) - set(Limits.model_fields):
        raise BadInput(f"There is no limit {sorted(unknown)[0]}.")
    try:
        changed = Limits.model_validate({**limits.model_dump(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{'.'.join(str(part) for part in first['loc'])} cannot be read: {first['msg']}.") from None
    for table in (changed.daily_cost_limit_by_workflow, changed.max_agent_cost_by_workflow):
        if strange := set(table) - set(WORKFLOWS):
            raise BadInput(f"There is no workflow {sorted(strange)[0]}. There are: {', '.join(WORKFLOWS)}.")
    return changed


def change_policy(work: Work, change: PolicyChange, *, actor: Actor) -> Policy:
    """The limits are changed, as a new version, and what waits is offered under them. Raises PolicyMoved, BadInput."""
    lock_admission(work)
    version, _ = policy.current(work)
    if change.version != version:
        raise PolicyMoved(f"The policy is at version {version} now, and you changed version {change.version}. Look at it first.")
    policy_store.insert_policy(work.conn, candidate(work, change.limits), because=change.because, by=actor, at=work.now)
    publish_fleet(work)
    work.after_commit(offer_freed)
    return get_policy(work)
