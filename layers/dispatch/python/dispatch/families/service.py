"""Reports are taken: masked, given their family, counted. What is known of families is in `lists`, what people change in `changing`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dispatch.families import count_store, list_store, store, wish_store
from dispatch.families.learning import learn
from dispatch.families.normalising import Fingerprint, fingerprint_of
from dispatch.families.shapes import Counted, Ended, Family, NewSighting, Origin, Recorded
from dispatch.kit.ids import new_id
from dispatch.kit.masking import mask, mask_secrets
from dispatch.kit.work import Work

KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 10_000


def record_sighting(work: Work, new: NewSighting, at: datetime) -> Recorded:
    """The report is a sighting of its family, and what it adds is counted, whoever else reports at the same moment.

    A work that records or ends several calls `hold_families` with all of them first.
    """
    wording = fingerprint_of(new.source, new.feature, new.message)
    kept = _as_kept(new, at)
    if kept.release:
        store.note_releases(work.conn, [kept.release], at=at)
    counted = count_store.count_sighting(work.conn, new_id(), wording.hash, kept, at=at)
    if counted is None:
        _make_known(work, [(wording, new)], at)
        counted = count_store.count_sighting(work.conn, new_id(), wording.hash, kept, at=at)
    assert counted is not None  # noqa: S101 - the wording is known by now, and held
    organisations = _count_affected(work, counted, wording.hash, kept)
    return Recorded(family=counted, fingerprint=wording.hash, new=kept, has_new_organisation=organisations > 0)


def hold_families(work: Work, news: Sequence[NewSighting], at: datetime) -> None:
    """Every wording is known, and all their families are held until the work ends, in the order that everybody keeps."""
    worded = [(fingerprint_of(new.source, new.feature, new.message), new) for new in news]
    hashes = list(dict.fromkeys(wording.hash for wording, _ in worded))
    if releases := sorted({new.release for new in news if new.release}):
        store.note_releases(work.conn, releases, at=at)
    store.share_make_up(work.conn)
    unknown = store.select_unknown(work.conn, hashes)
    if unknown:
        _make_known(work, [(wording, new) for wording, new in worded if wording.hash in unknown], at)
    ended = [Ended(origin=new.origin, key=new.key) for new in news if new.key]
    store.lock_families(work.conn, hashes=hashes, ended=ended)


def end_sighting(work: Work, origin: Origin, key: str, at: datetime) -> Family | None:
    """The alert is over; returns its family, or None where it was not known to fire."""
    ended = Ended(origin=origin, key=key)
    store.lock_families(work.conn, hashes=[], ended=[ended])
    family_id = count_store.end_sighting(work.conn, ended, at=at)
    if family_id is None:
        return None
    if not store.is_firing(work.conn, family_id):
        wish_store.set_healed(work.conn, family_id, at=at)
    return list_store.select_family(work.conn, family_id=family_id)


def forget_old_sightings(work: Work) -> int:
    """Single sightings that nobody has told of for 90 days are gone, and their hours; the counts stay. Returns how many."""
    count_store.delete_hours_before(work.conn, work.now - KEPT)
    return count_store.delete_before(work.conn, work.now - KEPT, limit=FORGOTTEN_AT_ONCE)


def _make_known(work: Work, reports: Sequence[tuple[Fingerprint, NewSighting]], at: datetime) -> None:
    """Every wording has a family; where somebody else was faster, theirs."""
    store.share_make_up(work.conn)
    store.lock_places(work.conn, [(new.source, new.feature) for _, new in reports])
    unknown = store.select_unknown(work.conn, [wording.hash for wording, _ in reports])
    for wording, new in reports:
        if wording.hash in unknown:
            unknown.remove(wording.hash)  # several of one delivery may say the same
            learn(work, wording, _as_kept(new, at), at)


def _as_kept(new: NewSighting, at: datetime) -> NewSighting:
    """The report without secrets and personal data, and not from the future."""
    last_seen = min(new.last_seen, at)
    return new.model_copy(
        update={
            "source": mask(new.source),
            "feature": mask(new.feature),
            "message": mask(new.message),
            "level": mask(new.level),
            "title": new.title and mask(new.title),
            "error": new.error and mask(new.error),
            "stack": new.stack and mask(new.stack),
            "lines": [mask(line) for line in new.lines],
            "labels": {name: mask(value) for name, value in new.labels.items()},
            "links": [link.model_copy(update={"url": mask_secrets(link.url)}) for link in new.links],
            "first_seen": min(new.first_seen, last_seen),
            "last_seen": last_seen,
        }
    )


def _count_affected(work: Work, family: Counted, fingerprint: str, new: NewSighting) -> int:
    """Whom the report names is counted, once each; returns how many organisations the family had not hit before."""
    users = count_store.insert_affected(work.conn, family.id, fingerprint, kind="user", names=new.users) if new.users else 0
    organisations = (
        count_store.insert_affected(work.conn, family.id, fingerprint, kind="organisation", names=new.organisations)
        if new.organisations
        else 0
    )
    if users or organisations:
        count_store.add_affected(work.conn, family.id, users=users, organisations=organisations)
    return organisations
