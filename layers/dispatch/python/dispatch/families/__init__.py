"""An error as it is known: its fingerprints, the family they make, each sighting and how many there were. What that starts: `intake`."""

from dispatch.families.service import end_sighting, forget_old_sightings, hold_families, record_sighting
from dispatch.families.shapes import (
    Detail,
    Family,
    FamilyNotFound,
    Link,
    Mute,
    MuteNotFound,
    NewSighting,
    Origin,
    Recorded,
    Scope,
    Sighting,
    SightingPage,
)

__all__ = [
    "Detail",
    "Family",
    "FamilyNotFound",
    "Link",
    "Mute",
    "MuteNotFound",
    "NewSighting",
    "Origin",
    "Recorded",
    "Scope",
    "Sighting",
    "SightingPage",
    "end_sighting",
    "forget_old_sightings",
    "hold_families",
    "record_sighting",
]
