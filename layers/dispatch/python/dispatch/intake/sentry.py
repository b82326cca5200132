"""Hearing a delivery of Sentry's."""

from dispatch.deliveries import Delivery
from dispatch.kit.work import Work

SENTRY_RESOURCES = frozenset({"issue", "event_alert", "error"})
NOT_OURS = "nothing here is about this"


def hear_sentry(_work: Work, _delivery: Delivery) -> str:
    """What Sentry reports is known."""
    return NOT_OURS
