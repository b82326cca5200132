"""What happened on an issue, in order: the one append-only story, comments included."""

from dispatch.activity.service import add_activity, list_activity
from dispatch.activity.shapes import Activity

__all__ = ["Activity", "add_activity", "list_activity"]
