"""Asking the logs: who may ask how often, and each question written down. It opens works of its own, and none while Loki answers."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from dispatch.clients.loki import NotConnected, is_connected
from dispatch.kit import clock
from dispatch.kit.errors import BadInput, DispatchError
from dispatch.kit.ids import new_id
from dispatch.kit.log import logger
from dispatch.kit.masking import mask
from dispatch.kit.settings import settings
from dispatch.kit.wire import to_json
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.logs import asking, store
from dispatch.logs.asking import Asking
from dispatch.logs.queries import QUERIES, NamedQuery
from dispatch.logs.shapes import Asker, LogAnswer, NoSuchQuery, QuotaSpent, RunHasEnded, TooManyQueries

LATELY = timedelta(minutes=1)
MOST_LATELY = 20  # a minute: an agent in a loop must not be a load on production
KEPT = timedelta(days=30)


def read_query(name: str, params: Mapping[str, Any]) -> NamedQuery:
    """The named query with these parameters. Raises NoSuchQuery, and BadInput with what is wrong with them."""
    if name not in QUERIES:
        raise NoSuchQuery(f"There is no query {name[:40]!r}. There are: {', '.join(QUERIES)}.")
    try:
        return QUERIES[name].model_validate(params)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or name}: {one['msg']}" for one in error.errors()[:5])
        raise BadInput(f"{name} cannot be asked so: {wrong}.") from error


def ask(query: NamedQuery, asker: Asker) -> LogAnswer:
    """What the logs say to the query, written down with who asked.

    Raises NotConnected, TooManyQueries, QuotaSpent, RunHasEnded, BadWindow, and whatever `clients.loki` refuses.
    """
    if not is_connected():
        raise NotConnected
    with open_work() as work:
        query_id = _admit(work, query, asker)
    began = time.monotonic()
    try:
        found = asking.answer(query, Asking.begin(clock.now()))
    except DispatchError as error:
        _note(query_id, began, refusal=error.code)
        raise
    except Exception:
        _note(query_id, began, refusal="failed")
        raise
    return found.model_copy(update={"took_ms": _note(query_id, began, rows=found.found)})


def forget_old_queries(work: Work) -> int:
    """What was asked a month ago is forgotten; returns how much."""
    return store.delete_before(work.conn, work.now - KEPT)


def _admit(work: Work, query: NamedQuery, asker: Asker) -> UUID:
    """The question counts, whatever comes of it: two asked at once never both take the last place."""
    store.hold_asker(work.conn, asker.key)
    if asker.run_id and not store.is_run_unfinished(work.conn, asker.run_id):
        raise RunHasEnded
    asked = store.count_asked(work.conn, asker.key, lately=work.now - LATELY)
    if asker.run_id and asked.ever >= settings().log_queries_per_run:
        raise QuotaSpent(f"This run has asked the logs {asked.ever} times, as often as it may (LOG_QUERIES_PER_RUN).")
    if asked.lately >= MOST_LATELY:
        raise TooManyQueries(f"The logs were asked {asked.lately} times within a minute, the most there may be. Wait a little.")
    query_id = new_id()
    params = {name: mask(str(value)) for name, value in query.model_dump(mode="json", exclude_defaults=True).items()}
    store.insert_query(work.conn, query_id, asker.key, asker.run_id, query=query.name, params=to_json(params), at=work.now)
    return query_id


def _note(query_id: UUID, began: float, *, rows: int | None = None, refusal: str | None = None) -> int:
    took_ms = round((time.monotonic() - began) * 1000)
    with open_work() as work:
        store.set_answered(work.conn, query_id, took_ms=took_ms, rows=rows, refusal=refusal)
    logger.info("logs asked", query_id=str(query_id), took_ms=took_ms, rows=rows, refusal=refusal)
    return took_ms
