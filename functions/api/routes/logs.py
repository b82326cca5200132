"""Production's logs, by named queries: a pair of routes for each, for people and for a run's agent. No work is open while Loki answers."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from dispatch import logs
from dispatch.logs import QUERIES, Asker, LogAnswer, NamedQuery
from functions.api.callers import OwnRunAlone, ReaderAlone
from functions.api.routing import Router

router = Router(prefix="/api", tags=["logs"])


def _add_routes(query: type[NamedQuery]) -> None:
    """The query can be asked: by whoever may read, and by the run in the path while it goes on."""
    Params = Annotated[query, Query()]  # noqa: N806 - a type, one for each query

    def ask_logs(caller: ReaderAlone, params: Params) -> LogAnswer:  # pyright: ignore[reportInvalidTypeForm]
        return logs.ask(params, Asker(actor=caller.actor))

    def ask_logs_for_run(caller: OwnRunAlone, run: UUID, params: Params) -> LogAnswer:  # pyright: ignore[reportInvalidTypeForm]
        return logs.ask(params, Asker(actor=caller.actor, run_id=run))

    said = query.__doc__
    router.add_api_route(f"/logs/{query.name}", ask_logs, name=f"ask_logs_{query.name}", description=said)
    router.add_api_route(f"/runs/{{run}}/logs/{query.name}", ask_logs_for_run, name=f"ask_logs_{query.name}_for_run", description=said)


for _query in QUERIES.values():
    _add_routes(_query)
