"""Telling those who watch the fleet."""

from dispatch import stream
from dispatch.kit.events import Event
from dispatch.kit.work import Work


def publish_fleet(work: Work) -> None:
    """Whoever watches the fleet hears that it changed, and reads it once for however many changes: it may be long, and is never pushed."""
    stream.publish_change(work, "fleet", Event.FLEET_CHANGED)
