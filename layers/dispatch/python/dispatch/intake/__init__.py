"""A report of an error comes in: it becomes a sighting, its family's issue is opened or reopened, and an agent is asked for or not."""

from dispatch.intake.alerts import hear_alerts
from dispatch.intake.sentry import SENTRY_RESOURCES, hear_sentry

__all__ = ["SENTRY_RESOURCES", "hear_alerts", "hear_sentry"]
