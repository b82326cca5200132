"""How this instance is, looked at now: each part that it needs, whether it is well, and what to do where it is not."""

from dispatch.health.service import look, note_sweep
from dispatch.health.shapes import Condition, Part

__all__ = ["Condition", "Part", "look", "note_sweep"]
