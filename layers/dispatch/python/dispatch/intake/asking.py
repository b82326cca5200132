"""What families want of spawning is asked for, each in a work of its own: after the delivery's commit, and by schedule what that missed."""

from functools import partial
from uuid import UUID

from dispatch import activity, families, spawning
from dispatch.families import Wish
from dispatch.kit.actors import SYSTEM
from dispatch.kit.errors import DispatchError
from dispatch.kit.events import Event
from dispatch.kit.log import logger
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.spawning import Cause

ROOM = "intake"


def ask_for_spawns() -> int:
    """Every family that wants a spawn has asked for one, and what waits for one that healed has heard so; returns how many did.

    Opens works of its own. What fails stays wanted, and stops no other.
    """
    with open_work() as unit:
        wishing = families.list_wishing(unit)
    return sum(_ask(family_id) for family_id in wishing)


def ask_after(work: Work, family_id: UUID) -> None:
    """What the family wants is asked for as soon as the work is true."""
    wanted: list[UUID] | None = work.kept.get(ROOM)
    if wanted is None:
        wanted = work.kept[ROOM] = []
        work.after_commit(partial(_ask_all, wanted))
    wanted.append(family_id)


def _ask_all(ids: list[UUID]) -> None:
    for family_id in dict.fromkeys(ids):
        _ask(family_id)


def _ask(family_id: UUID) -> bool:
    try:
        with open_work() as unit:
            wish = families.take_wish(unit, family_id)
            if wish and wish.issue_id:
                _put_forward(unit, wish, wish.issue_id)
            return wish is not None
    except Exception:  # noqa: BLE001 - the next family is not this one's fault; the schedule tries this one again
        logger.exception("a family could not ask for a spawn", family=family_id)
        return False


def _put_forward(work: Work, wish: Wish, issue_id: UUID) -> None:
    """A spawn that cannot be asked for at all (there is no repository, the issue is gone) is not asked for again until it is seen again."""
    if wish.wants_spawn:
        cause = Cause(family=wish.name, source=wish.source, occurrences=wish.occurrences, seen_at=wish.cause_at)
        try:
            spawning.request_for_error(work, issue_id, cause)
        except DispatchError as refusal:
            logger.warning("no spawn can be asked for", family=wish.name, because=refusal.sentence)
    if wish.healed_at and not families.is_firing(work, wish.id) and spawning.note_healed(work, issue_id, wish.healed_at):
        activity.add_activity(work, issue_id, Event.ERROR_HEALED, actor=SYSTEM, data={"family": wish.name})
