"""Looking back: the ledger, figures, and what they say about the next run."""

from datetime import date
from typing import Annotated

from fastapi import Query

from dispatch import spawning
from dispatch.spawning import Forecast, LedgerPage, NewReplay, Replay, Stats
from functions.api.callers import Reader
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["past"])
Days = Annotated[int, Query(ge=1, le=366)]


@router.get("/ledger")
def list_ledger(
    work: TheWork,
    caller: Reader,
    day: date | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> LedgerPage:
    """The ledger's lines, newest first, of one day (UTC) or of all, with what they come to."""
    return spawning.list_ledger(work, day=day, cursor=cursor, limit=limit)


@router.get("/spawns/stats")
def get_stats(work: TheWork, caller: Reader, days: Days = 30) -> Stats:
    """The last days with today, by day and by workflow."""
    return spawning.stats(work, days=days)


@router.get("/issues/{ref}/forecast")
def get_forecast(work: TheWork, caller: Reader, ref: str, workflow: Annotated[str, Query(max_length=40)] = "prd-implement") -> Forecast:
    """What a run of the workflow will likely cost and take; hidden until ten such runs have ended by themselves."""
    return spawning.get_forecast(work, ref, workflow)


@router.post("/policy/replay")
def replay_policy(work: TheWork, caller: Reader, wanted: NewReplay) -> Replay:
    """The last days under other limits: what would have run, at what cost, and what would have been missed. Changes nothing."""
    return spawning.replay(work, wanted)
