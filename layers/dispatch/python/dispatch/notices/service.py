"""Queueing what is to be told, with what it tells; looking at it, and sending it again."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from dispatch.kit.errors import NotFound
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.shapes import from_cursor, to_cursor
from dispatch.kit.work import Work
from dispatch.notices import store
from dispatch.notices.delivering import deliver_some
from dispatch.notices.shapes import Notice, NoticeFilter, NoticePage
from dispatch.notices.signing import endpoints

KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 10_000
MOST_BYTES = 20_000  # what receivers can be expected to take
MOST_LETTERS = 2_000
CUT = "… (cut)"


class NoticeNotFound(NotFound):
    """There is no such notice, or it is forgotten: they are kept for 30 days."""


def queue(
    work: Work, kind: Event, *, key: str, issue: Mapping[str, Any] | None, data: Mapping[str, Any], watchers: Sequence[str] = ()
) -> None:
    """What has happened will be told, once this work is true; of the same kind and key, once. `watchers` are customers, by their slug."""
    told = {"issue": dict(issue) if issue else None, "watchers": list(watchers), **data}
    body = _written(kind, told, at=work.now.isoformat())
    if store.insert_notice(work.conn, new_id(), kind=kind, key=key, body=body, endpoints=_names(), at=work.now):
        _deliver_after(work)


def list_notices(work: Work, wanted: NoticeFilter, *, cursor: str | None = None, limit: int = 50) -> NoticePage:
    """Notices with every try, newest first. Raises BadInput for a cursor that is not ours."""
    found = store.select_notices(work.conn, wanted, after=from_cursor(cursor, 2), limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return NoticePage(items=found[:limit], next_cursor=to_cursor(last.created_at, last.id) if last else None)


def resend(work: Work, notice_id: UUID) -> Notice:
    """The notice is told again to every webhook there is, those too that had asked not to be told. Raises NoticeNotFound."""
    if store.find_notice(work.conn, notice_id) is None:
        raise NoticeNotFound
    store.delete_refusals(work.conn, _names())
    store.set_due(work.conn, notice_id, _names(), at=work.now)
    _deliver_after(work)
    found = store.find_notice(work.conn, notice_id)
    assert found is not None  # noqa: S101 - it was there a moment ago
    return found


def forget_old_notices(work: Work) -> int:
    """Notices older than 30 days are gone; returns how many."""
    return store.delete_before(work.conn, work.now - KEPT, limit=FORGOTTEN_AT_ONCE)


def _names() -> list[str]:
    return [endpoint.name for endpoint in endpoints()]


def _deliver_after(work: Work) -> None:
    """It is sent at once, or, where much is, by the schedule: whoever did what it tells does not wait for all of it."""
    if not work.kept.setdefault("notices", False):
        work.kept["notices"] = True
        work.after_commit(_deliver)


def _deliver() -> None:
    deliver_some()


def _written(kind: Event, told: dict[str, Any], *, at: str) -> str:
    """The body as it is sent. Of one that is too long only its issue is left."""
    whole = json.dumps({"type": kind, "timestamp": at, "data": _bounded(told)}, ensure_ascii=False)
    if len(whole.encode()) <= MOST_BYTES:
        return whole
    return json.dumps({"type": kind, "timestamp": at, "data": {"issue": _bounded(told["issue"]), "cut": True}}, ensure_ascii=False)


def _bounded(value: Any) -> Any:
    match value:
        case str():
            return value if len(value) <= MOST_LETTERS else value[: MOST_LETTERS - len(CUT)] + CUT
        case dict():
            return {str(name): _bounded(one) for name, one in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case list() | tuple():
            return [_bounded(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        case None | bool() | int() | float():
            return value
        case _:
            return str(value)
