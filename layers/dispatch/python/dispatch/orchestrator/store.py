"""The SQL of turns. Whoever writes one holds its chat first (`chat_store.lock_chat`)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Json, Jsonb

from dispatch.kit.actors import Actor
from dispatch.kit.wire import to_json
from dispatch.orchestrator.shapes import Reason, Round, StoredTurn, TurnNotFound, Usage

Database = Connection[Any]


def insert_turn(conn: Database, turn_id: UUID, chat_id: UUID, *, said: str, told: str | None, said_by: Actor, at: datetime) -> StoredTurn:
    """The turn waits at the end of its chat."""
    conn.execute(
        """
        INSERT INTO turn (id, chat_id, number, kind, said, told, said_by, state, created_at)
        SELECT %(id)s, %(chat_id)s, coalesce(max(number), 0) + 1, 'turn', %(said)s, %(told)s, %(said_by)s, 'queued', %(at)s
        FROM turn
        WHERE chat_id = %(chat_id)s
        """,
        {"id": turn_id, "chat_id": chat_id, "said": said, "told": told, "said_by": Jsonb(said_by.model_dump(mode="json")), "at": at},
    )
    return get_turn(conn, turn_id)


def insert_command(conn: Database, turn_id: UUID, chat_id: UUID, *, said: str, answer: str, said_by: Actor, at: datetime) -> StoredTurn:
    """The command stands in its chat, answered."""
    conn.execute(
        """
        INSERT INTO turn (id, chat_id, number, kind, said, answer, said_by, state, reason, created_at, started_at, finished_at)
        SELECT %(id)s, %(chat_id)s, coalesce(max(number), 0) + 1, 'command', %(said)s, %(answer)s, %(said_by)s, 'finished', 'end',
               %(at)s, %(at)s, %(at)s
        FROM turn
        WHERE chat_id = %(chat_id)s
        """,
        {"id": turn_id, "chat_id": chat_id, "said": said, "answer": answer, "said_by": Jsonb(said_by.model_dump(mode="json")), "at": at},
    )
    return get_turn(conn, turn_id)


def select_turns(conn: Database, ids: Sequence[UUID]) -> list[StoredTurn]:
    """These turns, oldest first."""
    with conn.cursor(row_factory=class_row(StoredTurn)) as cursor:
        return cursor.execute(
            """
            SELECT id, chat_id, number, kind, said, told, said_by, state, reason, detail, model, rounds, partial, answer, usage, cost_usd,
                   stop_requested, attempt, lease_until, created_at, started_at, finished_at
            FROM turn
            WHERE id = ANY(%(ids)s)
            ORDER BY created_at, number
            """,
            {"ids": list(ids)},
        ).fetchall()


def find_turn(conn: Database, turn_id: UUID) -> StoredTurn | None:
    """The turn, or None."""
    return next(iter(select_turns(conn, [turn_id])), None)


def get_turn(conn: Database, turn_id: UUID) -> StoredTurn:
    """The turn. Raises TurnNotFound."""
    turn = find_turn(conn, turn_id)
    if turn is None:
        raise TurnNotFound
    return turn


def find_first_unfinished(conn: Database, chat_id: UUID) -> StoredTurn | None:
    """The chat's oldest turn that is not finished."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        found: UUID | None = cursor.execute(
            """
            SELECT id
            FROM turn
            WHERE chat_id = %(chat_id)s AND state <> 'finished'
            ORDER BY number
            LIMIT 1
            """,
            {"chat_id": chat_id},
        ).fetchone()
    return find_turn(conn, found) if found else None


def select_last_turns(conn: Database, chat_id: UUID, *, limit: int, before: int | None = None) -> list[StoredTurn]:
    """The chat's newest turns, oldest of them first; `before` leaves out that number and all after it."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        ids: list[UUID] = cursor.execute(
            """
            SELECT id
            FROM turn
            WHERE chat_id = %(chat_id)s AND (%(before)s::integer IS NULL OR number < %(before)s)
            ORDER BY number DESC
            LIMIT %(limit)s
            """,
            {"chat_id": chat_id, "before": before, "limit": limit},
        ).fetchall()
    return sorted(select_turns(conn, ids), key=lambda turn: turn.number)


def count_unfinished(conn: Database, chat_id: UUID) -> int:
    """How many turns of the chat are not finished."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return (
            cursor.execute("SELECT count(*) FROM turn WHERE chat_id = %(chat_id)s AND state <> 'finished'", {"chat_id": chat_id}).fetchone()
            or 0
        )


def claim_turn(conn: Database, turn_id: UUID, *, model: str, lease_until: datetime, at: datetime) -> StoredTurn:
    """The turn runs, under a new attempt, with nothing of an unfinished round; its model is the first attempt's."""
    conn.execute(
        """
        UPDATE turn
        SET state = 'running',
            attempt = attempt + 1,
            model = coalesce(model, %(model)s),
            lease_until = %(lease_until)s,
            started_at = coalesce(started_at, %(at)s),
            partial = ''
        WHERE id = %(id)s
        """,
        {"id": turn_id, "model": model, "lease_until": lease_until, "at": at},
    )
    return get_turn(conn, turn_id)


def renew_lease(conn: Database, turn_id: UUID, attempt: int, *, until: datetime) -> bool | None:
    """Whether somebody asked the turn to stop; None where this attempt is no longer the one."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            UPDATE turn
            SET lease_until = %(until)s
            WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
            RETURNING stop_requested
            """,
            {"id": turn_id, "attempt": attempt, "until": until},
        ).fetchone()


def add_partial(conn: Database, turn_id: UUID, text: str) -> None:
    """The text belongs to the round in the making."""
    conn.execute("UPDATE turn SET partial = partial || %(text)s WHERE id = %(id)s", {"id": turn_id, "text": text})


def save_rounds(conn: Database, turn_id: UUID, rounds: Sequence[Round], *, usage: Usage, cost_usd: Decimal | None) -> None:
    """These are the turn's rounds, and none is in the making. An unknown cost (None) makes the turn's cost unknown for good."""
    conn.execute(
        """
        UPDATE turn
        SET rounds = %(rounds)s, partial = '', usage = %(usage)s, cost_usd = cost_usd + %(cost_usd)s
        WHERE id = %(id)s
        """,
        {
            "id": turn_id,
            "rounds": Json([round_.model_dump() for round_ in rounds], dumps=to_json),
            "usage": Jsonb(usage.model_dump()),
            "cost_usd": cost_usd,
        },
    )


def finish_turn(conn: Database, turn_id: UUID, *, reason: Reason, detail: str | None, at: datetime) -> StoredTurn:
    """The turn is over."""
    conn.execute(
        """
        UPDATE turn
        SET state = 'finished', reason = %(reason)s, detail = %(detail)s, finished_at = %(at)s, lease_until = NULL, partial = ''
        WHERE id = %(id)s
        """,
        {"id": turn_id, "reason": reason, "detail": detail, "at": at},
    )
    return get_turn(conn, turn_id)


def request_stop(conn: Database, chat_id: UUID) -> list[UUID]:
    """Every unfinished turn of the chat is to stop; their ids."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            UPDATE turn
            SET stop_requested = true
            WHERE chat_id = %(chat_id)s AND state <> 'finished'
            RETURNING id
            """,
            {"chat_id": chat_id},
        ).fetchall()


def select_lost(conn: Database, *, queued_before: datetime, now: datetime, limit: int) -> list[StoredTurn]:
    """Turns that nobody works on: their worker's lease ran out, or nobody came for them."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        ids: list[UUID] = cursor.execute(
            """
            SELECT id
            FROM turn
            WHERE (state = 'running' AND lease_until < %(now)s)
               OR (state = 'queued' AND created_at < %(queued_before)s AND NOT EXISTS (
                   SELECT FROM turn AS other
                   WHERE other.chat_id = turn.chat_id AND other.number < turn.number AND other.state <> 'finished'
               ))
            ORDER BY created_at
            LIMIT %(limit)s
            """,
            {"queued_before": queued_before, "now": now, "limit": limit},
        ).fetchall()
    return select_turns(conn, ids)
