"""The SQL of tool calls."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from dispatch.kit.wire import to_json
from dispatch.orchestrator.shapes import ToolCall

Database = Connection[Any]


def insert_tool_call(conn: Database, turn_id: UUID, call: dict[str, Any], *, round_number: int, place: int, at: datetime) -> None:
    """The model's wish is written down, unanswered."""
    conn.execute(
        """
        INSERT INTO tool_call (turn_id, tool_use_id, round, place, name, input, at)
        VALUES (%(turn_id)s, %(id)s, %(round)s, %(place)s, %(name)s, %(input)s, %(at)s)
        """,
        {
            "turn_id": turn_id,
            "id": call["id"],
            "round": round_number,
            "place": place,
            "name": call["name"],
            "input": Jsonb(call["input"], dumps=to_json),
            "at": at,
        },
    )


def answer_tool_call(conn: Database, turn_id: UUID, tool_use_id: str, *, result: Any, is_error: bool, ms: int) -> bool:
    """The call has its result; False where it had one already."""
    return (
        conn.execute(
            """
            UPDATE tool_call
            SET result = %(result)s, is_error = %(is_error)s, ms = %(ms)s
            WHERE turn_id = %(turn_id)s AND tool_use_id = %(id)s AND result IS NULL
            """,
            {"turn_id": turn_id, "id": tool_use_id, "result": Jsonb(result, dumps=to_json), "is_error": is_error, "ms": ms},
        ).rowcount
        == 1
    )


def select_tool_calls(conn: Database, turn_ids: Sequence[UUID]) -> list[ToolCall]:
    """The calls of these turns, in the order they were asked for."""
    with conn.cursor(row_factory=class_row(ToolCall)) as cursor:
        return cursor.execute(
            """
            SELECT turn_id, tool_use_id, round, name, input, result, is_error, ms
            FROM tool_call
            WHERE turn_id = ANY(%(ids)s)
            ORDER BY turn_id, round, place
            """,
            {"ids": list(turn_ids)},
        ).fetchall()
