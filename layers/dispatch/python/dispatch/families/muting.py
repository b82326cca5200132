"""What stays out: it is counted, and opens, reopens and asks nothing until somebody ends that, or its time is over."""

from uuid import UUID

from dispatch import activity
from dispatch.families import change_store, lists
from dispatch.families.cards import publish_card
from dispatch.families.shapes import Mute, MuteNotFound, NewMute, Scope
from dispatch.kit.actors import Actor
from dispatch.kit.errors import BadInput
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work

MOST = 500


def mute(work: Work, new: NewMute, *, actor: Actor) -> Mute:
    """The source or the error stays out; one that was muted is so as said now. Raises FamilyNotFound, BadInput for an end that is past."""
    if new.until is not None and new.until <= work.now:
        raise BadInput("That is past already.")
    value = lists.get_family(work, new.value).name if new.scope is Scope.FAMILY else new.value
    made = change_store.upsert_mute(
        work.conn, new_id(), scope=new.scope, value=value, because=new.because, by=actor.name, at=work.now, until=new.until
    )
    _tell(work, made, Event.ERROR_MUTED, actor=actor)
    return made


def unmute(work: Work, mute_id: UUID, *, actor: Actor) -> None:
    """It stays out no more. Raises MuteNotFound."""
    ended = change_store.end_mute(work.conn, mute_id, at=work.now)
    if ended is None:
        raise MuteNotFound
    _tell(work, ended, Event.ERROR_UNMUTED, actor=actor)


def list_mutes(work: Work) -> list[Mute]:
    """What stays out now, newest first."""
    return change_store.select_mutes(work.conn, at=work.now, limit=MOST)


def _tell(work: Work, one: Mute, kind: Event, *, actor: Actor) -> None:
    """An error's issue tells of it; of a source's there may be too many."""
    family = lists.find_family(work, one.value) if one.scope is Scope.FAMILY else None
    if family is None:
        return
    if family.issue_id:
        until = one.until.isoformat() if one.until else None
        activity.add_activity(
            work, family.issue_id, kind, actor=actor, data={"family": family.name, "because": one.because, "until": until}
        )
    publish_card(work, family.id, family.issue_id)
