"""The limits in force: the newest version of the policy. The settings rule until a person has edited it."""

from typing import Any

from dispatch.kit.actors import SYSTEM
from dispatch.kit.settings import Limits, settings
from dispatch.kit.work import Work
from dispatch.spawning import policy_store
from dispatch.spawning.limit_shapes import PolicyNow


def settle_limits(work: Work, newest: PolicyNow | None) -> tuple[int, Limits]:
    """The version in force and its limits, from the newest row (None where there is none).

    A change of the settings is a new version, as long as nobody has edited the policy by hand. A limit that a later release adds
    has its setting's value in older versions.
    """
    wanted = settings().limits
    if newest is not None:
        held = limits_kept(newest.limits)
        if held == wanted or newest.changed_by.kind != SYSTEM.kind:
            return newest.version, held
    return policy_store.insert_policy(work.conn, wanted, because="", by=SYSTEM, at=work.now), wanted


def current(work: Work) -> tuple[int, Limits]:
    """The version in force and its limits."""
    newest = next(iter(policy_store.select_versions(work.conn, before=None, limit=1)), None)
    return settle_limits(work, PolicyNow(**newest.model_dump(include=set(PolicyNow.model_fields))) if newest else None)


def limits_kept(kept: dict[str, Any]) -> Limits:
    """A version's limits; one that is newer than the version has its setting's value."""
    newer = Limits.model_fields.keys() - kept.keys()
    return Limits.model_validate({**kept, **{name: getattr(settings().limits, name) for name in newer}})
