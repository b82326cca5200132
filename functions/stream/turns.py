"""The orchestrator's turns: one message of the FIFO queue, one turn. A group is a chat, so that turns of a chat come in order."""

import json
from typing import Any
from uuid import UUID

from dispatch import orchestrator
from dispatch.kit.log import logger, watched


@watched
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Does each message's turn. From the first that fails on, the rest of its batch comes again, as a FIFO queue wants it."""
    records = event["Records"]
    for place, record in enumerate(records):
        try:
            orchestrator.run_turn(UUID(json.loads(record["body"])["turn_id"]))
        except Exception:  # noqa: BLE001 - the queue brings the message again
            logger.exception("turn message failed", message_id=record["messageId"])
            return {"batchItemFailures": [{"itemIdentifier": left["messageId"]} for left in records[place:]]}
    return {"batchItemFailures": []}
