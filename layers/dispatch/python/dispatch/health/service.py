"""Looking at each part. No work is open while anybody else is asked; a part that fails hides no other."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from dispatch import deliveries, logs
from dispatch.clients import anthropic, loki
from dispatch.deliveries import DeliveryFilter
from dispatch.health import store
from dispatch.health.shapes import Condition, DatabaseFacts, Part
from dispatch.kit import clock, migrate, queue, rest
from dispatch.kit.errors import DispatchError
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work

LATE = timedelta(minutes=3)  # sweeps come each minute
PATIENCE_S = 5.0


def note_sweep(work: Work) -> None:
    """There was a sweep now."""
    store.upsert_sweep(work.conn, work.now)


def look() -> Condition:
    """Every part of this instance but GitHub, which `spawning.check_access` looks at, and its sockets, which only a client can try."""
    looks: dict[str, Callable[[], Iterable[Part]]] = {
        "database": _database,
        "queues": _queues,
        "webhooks": _webhooks,
        "model": _model,
        "logs": _logs,
    }
    return Condition(parts=[part for name, one in looks.items() for part in _tried(name, one)])


def _tried(name: str, one: Callable[[], Iterable[Part]]) -> list[Part]:
    try:
        return list(one())
    except DispatchError as refusal:
        return [Part(name=name, ok=False, detail=refusal.sentence)]


def _database() -> Iterable[Part]:
    with open_work() as unit:
        facts, now = store.select_facts(unit.conn), unit.now
    yield Part(name="database", ok=True, detail=f"PostgreSQL {facts.version}.")
    vector = f"pgvector {facts.pgvector}." if facts.pgvector else "The extension is missing: CREATE EXTENSION vector."
    yield Part(name="pgvector", ok=bool(facts.pgvector), detail=vector)
    yield _migrations(facts)
    yield _schedules(facts, now)


def _migrations(facts: DatabaseFacts) -> Part:
    known, applied = migrate.names(), set(facts.migrations)
    missing = [name for name in known if name not in applied]
    if missing:
        detail = f"Missing: {', '.join(missing)}. Deploy again, or `dispatch migrate`."
    elif newer := sorted(applied - set(known)):
        detail = f"All {len(known)} applied, and newer ones ({', '.join(newer)}): a deployment was taken back."
    else:
        detail = f"All {len(known)} applied."
    return Part(name="migrations", ok=not missing, detail=detail)


def _schedules(facts: DatabaseFacts, now: datetime) -> Part:
    if facts.swept_at is None:
        return Part(name="schedules", ok=False, detail="There was no sweep yet. Are the schedules enabled? Is the instance just starting?")
    age = now - facts.swept_at
    detail = f"The last sweep was {int(age.total_seconds())} s ago."
    if age <= LATE:
        return Part(name="schedules", ok=True, detail=detail)
    if rest.is_possible():
        return Part(name="schedules", ok=None, detail=f"{detail} The database may have been resting; ask again in two minutes.")
    return Part(name="schedules", ok=False, detail=f"{detail} Nothing lost is found meanwhile: docs/runbook.md, VerifierSilent.")


def _queues() -> Iterable[Part]:
    for name, address in (("spawns", settings().sqs_spawns_url), ("turns", settings().sqs_turns_url)):
        held = queue.count(address)
        detail = f"{held.waiting} waiting, {held.dead} put aside."
        todo = f" See why in the log, then: dispatch redrive {name}." if held.dead else ""
        yield Part(name=f"queue {name}", ok=not held.dead, detail=detail + todo)


def _webhooks() -> Iterable[Part]:
    ours = settings()
    machine = ours.dispatch_api_key
    secrets = {
        "github": ours.github_webhook_secret,
        "loki": ours.loki_webhook_secret if ours.loki_webhook_secret.get_secret_value() else machine,
        "sentry": ours.sentry_client_secret,
    }
    for source, secret in secrets.items():
        with open_work() as unit:
            last = deliveries.list_deliveries(unit, DeliveryFilter(source=source), limit=1).items
        if not secret.get_secret_value():
            yield Part(name=f"webhook {source}", ok=None, detail="Closed: no secret is set for it.")
        elif not last:
            yield Part(name=f"webhook {source}", ok=None, detail="Open; nothing has come yet.")
        else:
            failure = f" It failed: {last[0].failure}" if last[0].failure and not last[0].handled_at else ""
            detail = f"The last came on {last[0].received_at:%Y-%m-%d %H:%M} UTC.{failure}"
            yield Part(name=f"webhook {source}", ok=not failure, detail=detail)


def _model() -> Iterable[Part]:
    if settings().model_provider == "bedrock":
        yield Part(name="model", ok=None, detail="Bedrock, by AWS rights: ask the terminal something to try it.")
    elif settings().anthropic_base_url.rstrip("/").endswith("/model"):
        yield Part(name="model", ok=True, detail="The scripted one, since there is no key.")
    else:
        anthropic.check_model(settings().orchestrator_model)
        yield Part(name="model", ok=True, detail=f"{settings().orchestrator_model}, and the key opens it.")


def _logs() -> Iterable[Part]:
    if not logs.is_connected():
        yield Part(name="logs", ok=None, detail="Not connected: LOKI_URL and LOKI_SELECTOR say where they are.")
        return
    now = clock.now()
    found = loki.read_lines(settings().loki_selector, now - timedelta(hours=1), now, limit=1, deadline=time.monotonic() + PATIENCE_S)
    detail = f"The newest line is of {found[0].at:%H:%M:%S} UTC." if found else "It answers, and has no line of the last hour."
    yield Part(name="logs", ok=True if found else None, detail=detail)
