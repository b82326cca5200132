"""A wording that nobody knew becomes known: it joins the family of the same error, or begins one."""

from datetime import datetime
from uuid import UUID

from dispatch.families import store
from dispatch.families.frames import frames_of
from dispatch.families.grouping import group
from dispatch.families.normalising import Fingerprint
from dispatch.families.shapes import NewFamily, NewSighting, NewWording
from dispatch.families.templates import template_of
from dispatch.kit.ids import new_id
from dispatch.kit.masking import mask
from dispatch.kit.work import Work

SHORT = 8  # hex digits of its first fingerprint that tell a family from others of its place


def learn(work: Work, wording: Fingerprint, new: NewSighting, at: datetime) -> None:
    """The wording belongs to a family. Its place is held by the work, so that two works never begin the same family."""
    frames, template = frames_of(new.stack), template_of(wording.message)
    alike = store.select_alike(work.conn, new.source, new.feature, frames=frames, template=template)
    place = group(wording, new.stack, alike)
    store.insert_wording(
        work.conn,
        NewWording(
            hash=wording.hash,
            version=wording.version,
            family_id=place.family_id or _begin(work, wording, new, at),
            source=new.source,
            feature=new.feature,
            message=mask(wording.message),
            frames=place.frames,
            template=mask(place.template),
            joined_by=place.joined_by,
            because=mask(place.because),
            first_seen=new.first_seen,
            last_seen=new.last_seen,
        ),
    )


def name_family(work: Work, source: str, feature: str, fingerprint: str) -> str:
    """A name that no family has: the place, and as much of the wording's fingerprint as it takes."""
    names = (f"{source}/{feature}#{fingerprint[:length]}" for length in (SHORT, 2 * SHORT, len(fingerprint)))
    return next(name for name in names if not store.is_name_taken(work.conn, name))


def _begin(work: Work, wording: Fingerprint, new: NewSighting, at: datetime) -> UUID:
    family = NewFamily(
        id=new_id(),
        name=name_family(work, new.source, new.feature, wording.hash),
        source=new.source,
        feature=new.feature,
        message=new.message,
        level=new.level,
        first_seen=new.first_seen,
        last_seen=new.last_seen,
    )
    store.insert_family(work.conn, family, at=at)
    return family.id
