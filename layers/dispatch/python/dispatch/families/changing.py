"""What a person says is one error, and what is another: the wordings stay where they were put, whatever the rules of grouping say."""

from uuid import UUID

from dispatch.families import change_store, lists, store
from dispatch.families.learning import name_family
from dispatch.families.shapes import Family, NothingLeft, NotItsWording, SameFamily
from dispatch.kit.actors import Actor
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work


def split(work: Work, family_id: UUID, fingerprints: list[str], because: str, *, actor: Actor) -> Family:
    """These wordings are an error of their own, with their sightings and what they counted; returns it. It has no issue yet.

    Raises NotItsWording, NothingLeft.
    """
    store.lock_make_up(work.conn)
    change_store.lock_families(work.conn, [family_id])
    family = lists.get_family(work, family_id)
    hashes = change_store.select_hashes(work.conn, family_id)
    moved = [one for one in hashes if one in set(fingerprints)]
    if len(moved) < len(set(fingerprints)):
        raise NotItsWording
    if len(moved) == len(hashes):
        raise NothingLeft
    made = new_id()
    name = name_family(work, family.source, family.feature, moved[0])
    change_store.copy_family(work.conn, family_id, new_id=made, name=name, hashes=moved, at=work.now)
    change_store.move_wordings(work.conn, family_id, into=made, hashes=moved, because=_said(actor, f"split it from {family.name}", because))
    change_store.add_up(work.conn, family_id)
    change_store.add_up(work.conn, made)
    return lists.get_family(work, made)


def merge(work: Work, family_id: UUID, into: UUID, because: str, *, actor: Actor) -> Family:
    """The two are one error: all that was this one's is the other's; returns that. Raises SameFamily."""
    if family_id == into:
        raise SameFamily
    store.lock_make_up(work.conn)
    change_store.lock_families(work.conn, [family_id, into])
    family = lists.get_family(work, family_id)
    hashes = change_store.select_hashes(work.conn, family_id)
    change_store.move_wordings(
        work.conn, family_id, into=into, hashes=hashes, because=_said(actor, f"merged it from {family.name}", because)
    )
    change_store.add_up(work.conn, into)
    change_store.delete_family(work.conn, family_id, at=work.now)
    return lists.get_family(work, into)


def _said(actor: Actor, what: str, because: str) -> str:
    return f"{actor.name} {what}: {because}" if because else f"{actor.name} {what}."
