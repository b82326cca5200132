"""A notice: something to be told elsewhere, kept until it is told, once."""

from dispatch.notices.delivering import deliver_due
from dispatch.notices.service import forget_old_notices, list_notices, queue, resend
from dispatch.notices.shapes import Notice, NoticeFilter, NoticePage, NoticeTarget, NoticeTry, TargetState

__all__ = [
    "Notice",
    "NoticeFilter",
    "NoticePage",
    "NoticeTarget",
    "NoticeTry",
    "TargetState",
    "deliver_due",
    "forget_old_notices",
    "list_notices",
    "queue",
    "resend",
]
