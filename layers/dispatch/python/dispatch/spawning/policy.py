"""The limits in force: the newest version of the policy. The settings rule until a person has edited it."""

from typing import Any

from dispatch.kit.actors import SYSTEM
from dispatch.kit.settings import Limits, settings
from dispatch.kit.work import Work
from dispatch.spawning import locks, policy_store
from dispatch.spawning.limit_shapes import PolicyNow


def settle_limits(work: Work, newest: PolicyNow | None) -> tuple[int, Limits]:
    """The version in force and its limits, from the newest row (None where there is none).

    A change of the settings is a new version, as long as nobody has edited the policy by hand. A limit that a later release adds
    has its setting's value in older versions.
    """
    standing = _standing(newest)
    if standing is None:
        locks.lock_places(work.conn)  # several may see at once that there is a version to write
        standing = _standing(_newest(work))
    if standing is None:
        wanted = settings().limits
        standing = policy_store.insert_policy(work.conn, wanted, because="", by=SYSTEM, at=work.now), wanted
    return standing


def current(work: Work) -> tuple[int, Limits]:
    """The version in force and its limits."""
    return settle_limits(work, _newest(work))


def limits_kept(kept: dict[str, Any]) -> Limits:
    """A version's limits; one that is newer than the version has its setting's value."""
    newer = Limits.model_fields.keys() - kept.keys()
    return Limits.model_validate({**kept, **{name: getattr(settings().limits, name) for name in newer}})


def _newest(work: Work) -> PolicyNow | None:
    found = policy_store.select_versions(work.conn, before=None, limit=1)
    return PolicyNow(**found[0].model_dump(include=set(PolicyNow.model_fields))) if found else None


def _standing(newest: PolicyNow | None) -> tuple[int, Limits] | None:
    """The newest version and its limits; None where the settings make another."""
    if newest is None:
        return None
    held = limits_kept(newest.limits)
    return (newest.version, held) if held == settings().limits or newest.changed_by.kind != SYSTEM.kind else None
