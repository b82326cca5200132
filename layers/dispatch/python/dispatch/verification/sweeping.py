"""What the schedule does for each attempt by itself: one that fails stops no other, and is tried again the next time."""

from collections.abc import Callable, Iterable
from uuid import UUID

from dispatch.kit.log import logger


def do_each(act: Callable[[UUID], bool], ids: Iterable[UUID]) -> int:
    """It was done for each; returns for how many it said that it did something."""
    return sum(_do(act, one) for one in ids)


def _do(act: Callable[[UUID], bool], one: UUID) -> bool:
    try:
        return act(one)
    except Exception:  # noqa: BLE001 - the next one is not this one's fault
        logger.exception("a fix could not be looked at", act=act.__name__.strip("_"), id=str(one))
        return False
