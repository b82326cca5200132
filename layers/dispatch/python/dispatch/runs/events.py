"""What the agent did, as its runner tells it: each event once, masked, as a frame of the run's topic."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from dispatch import stream
from dispatch.kit import masking
from dispatch.kit.events import Event
from dispatch.kit.work import Work
from dispatch.runs import message_store, store
from dispatch.runs.protocol import MOST_USD, AgentEvent, NewEvents, Received
from dispatch.runs.service import hold_claim
from dispatch.runs.shapes import Run

LINE = 200  # characters of a run's last line, as lists show it
LAND_AT = Decimal("0.8")  # of the cap: what is left pays for the commit and the hand-off


def landing_line(run: Run) -> Decimal:
    """What the run may spend until it has to land."""
    return run.cap_usd * LAND_AT


def record_events(work: Work, run_id: UUID, batch: NewEvents) -> Received:
    """The batch's events are in the feed, each once whatever is sent again. Raises StaleClaim."""
    run = hold_claim(work, run_id, batch.generation)
    events = {event.seq: event for event in batch.events}
    fresh = store.insert_event_numbers(work.conn, run_id, sorted(events))
    for seq in sorted(fresh):
        event = events[seq]
        _publish(work, run, seq=seq, at=event.at, kind=event.kind, data=masking.mask_secrets(event.data))
    spent = _note(work, run, [events[seq] for seq in sorted(fresh)])
    has_crossed = (run.metered_usd or 0) < landing_line(run) <= spent
    return Received(newest=store.newest_event_number(work.conn, run_id), waits=has_crossed or message_store.has_waiting(work.conn, run_id))


def publish_line(work: Work, run: Run, text: str, **about: UUID) -> None:
    """A line of ours stands in the run's stream, among the agent's; it has no number of the runner's. `about` are ids that it is about."""
    _publish(work, run, seq=None, at=work.now, kind="notice", data={"level": "info", "text": text} | about)


def _publish(work: Work, run: Run, *, seq: int | None, at: datetime, kind: str, data: dict[str, Any]) -> None:
    stream.publish(work, f"run:{run.id}", Event.RUN_EVENT, {"seq": seq, "at": at, "kind": kind, "data": data})


def _note(work: Work, run: Run, fresh: list[AgentEvent]) -> Decimal:
    """Lists show a run's newest line and what it has spent so far; that is returned, as far as these events tell it."""
    lines = [line for event in fresh if (line := _line(event))]
    metered = [spent for event in fresh if event.kind == "usage" and (spent := _spent(event.data.get("metered_usd"))) is not None]
    models = [str(event.data["model"]) for event in fresh if event.kind == "started" and event.data.get("model")]
    if lines or metered or models:
        store.set_last_line(
            work.conn,
            run.id,
            line=lines[-1] if lines else None,
            metered_usd=max(metered) if metered else None,
            model=models[-1][:100] if models else None,
        )
    return Decimal(str(max(metered, default=0)))


def _spent(given: Any) -> float | None:
    """What a usage event says was spent; None where it says nothing that can be."""
    return float(given) if isinstance(given, int | float) and 0 <= given <= MOST_USD else None


def _line(event: AgentEvent) -> str | None:
    match event.kind:
        case "message" | "notice":
            text = str(event.data.get("text", ""))
        case "tool_use":
            text = f"{event.data.get('name')} {_first_value(event.data.get('input'))}"
        case _:
            return None
    shown = re.sub(r"\s+", " ", re.sub(r"[\x00-\x1f\x7f]", " ", str(masking.mask_secrets(text)))).strip()
    return shown[:LINE] or None


def _first_value(given: Any) -> str:
    return next((str(value) for value in given.values()), "") if isinstance(given, dict) else ""  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]
