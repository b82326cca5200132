"""Pull requests, and the deliveries that tell of them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, ConfigDict, Field

from dispatch import deliveries, issues, pulls
from dispatch.deliveries import DeliveryFilter, DeliveryPage
from dispatch.kit.shapes import Shape
from dispatch.pulls import CloseReason, NewLink, Pull, PullFilter, PullPage, PullState, Reconciled
from functions.api.callers import Admin, AdminAlone, Reader, Writer
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["pulls"])
MOST = 100  # of one issue


class Pulls(Shape):
    """The issue's pull requests, newest first."""

    items: list[Pull]


class Reconciliation(Shape):
    """Which page of what changed on GitHub, the latest first; `since` unset means since everything was known last."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime | None = None
    page: int = Field(1, ge=1, le=1000)


@router.get("/issues/{ref}/pulls")
def list_issue_pulls(work: TheWork, caller: Reader, ref: str) -> Pulls:
    """The issue's pull requests, newest first."""
    wanted = PullFilter(issue_id=issues.get_issue_id(work, ref))
    return Pulls(items=pulls.list_pulls(work, wanted, limit=MOST).items)


@router.get("/pulls")
def list_pulls(
    work: TheWork,
    caller: Reader,
    state: PullState | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PullPage:
    """The pull requests that fit, newest first."""
    return pulls.list_pulls(work, PullFilter(state=state), cursor=cursor, limit=limit)


@router.post("/pulls/reconcile")
def reconcile_pulls(caller: AdminAlone, wanted: Reconciliation) -> Reconciled:
    """One page of the repository's pull requests is known as GitHub has it; `next_page` goes on. 503 where GitHub does not answer."""
    return pulls.reconcile_page(wanted.since, wanted.page)


@router.post("/pulls/{pull}/reason")
def give_close_reason(work: TheWork, caller: Writer, pull: UUID, given: CloseReason) -> Pull:
    """Why the pull request was closed without being merged is known. 409 where it was not."""
    return pulls.give_reason(work, pull, given.reason, actor=caller.actor)


@router.post("/pulls/{pull}/link")
def link_pull(work: TheWork, caller: Writer, pull: UUID, link: NewLink) -> Pull:
    """The pull request belongs to that issue."""
    return pulls.link_by_hand(work, pull, link.issue, actor=caller.actor)


@router.get("/deliveries")
def list_deliveries(
    work: TheWork,
    caller: Admin,
    *,
    source: Annotated[str | None, Query(max_length=40)] = None,
    failed: bool | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryPage:
    """What webhooks reported in the last 30 days, newest first, and what it did."""
    return deliveries.list_deliveries(work, DeliveryFilter(source=source, failed=failed), cursor=cursor, limit=limit)


@router.post("/deliveries/{source}/{delivery}/replay", status_code=202)
def replay_delivery(work: TheWork, caller: Admin, source: str, delivery: str) -> None:
    """The delivery is handled once more within a minute."""
    deliveries.replay(work, source, delivery)
