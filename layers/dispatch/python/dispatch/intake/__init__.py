"""A report of an error comes in: it becomes a sighting, its family's issue is opened or reopened, and an agent is asked for or not."""

from dispatch.intake.alerts import hear_alerts
from dispatch.intake.asking import ask_for_spawns
from dispatch.intake.asking_sentry import ask_sentry
from dispatch.intake.changing import merge_errors, split_error
from dispatch.intake.sentry import SENTRY_RESOURCES, hear_sentry
from dispatch.intake.service import heal, take_sighting
from dispatch.intake.shapes import Action, Taken

__all__ = [
    "SENTRY_RESOURCES",
    "Action",
    "Taken",
    "ask_for_spawns",
    "ask_sentry",
    "heal",
    "hear_alerts",
    "hear_sentry",
    "merge_errors",
    "split_error",
    "take_sighting",
]
