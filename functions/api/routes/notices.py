"""What is told to others' webhooks, and how that went."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from dispatch import notices
from dispatch.notices import Notice, NoticeFilter, NoticePage, TargetState
from functions.api.callers import Admin, Reader
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api/notices", tags=["notices"])


@router.get("")
def list_notices(
    work: TheWork,
    caller: Reader,
    kind: Annotated[str | None, Query(max_length=60)] = None,
    state: TargetState | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> NoticePage:
    """Notices, newest first, each with every try."""
    return notices.list_notices(work, NoticeFilter(kind=kind, state=state), cursor=cursor, limit=limit)


@router.post("/{notice}/resend", status_code=202)
def resend_notice(work: TheWork, caller: Admin, notice: UUID) -> Notice:
    """It is told again to every webhook, with the same id, also where it was taken before."""
    return notices.resend(work, notice)
