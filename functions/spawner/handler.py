"""The spawner: one message, one run to start. A message that fails comes again; the others of its batch do not."""

import json
from typing import Any
from uuid import UUID

from dispatch import spawning
from dispatch.kit.log import logger


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Starts the run of each record; answers which messages are to come again."""
    failed = [record["messageId"] for record in event["Records"] if not _start(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _start(record: dict[str, Any]) -> bool:
    try:
        message = json.loads(record["body"])
        spawning.start_run(UUID(message["run_id"]), int(message["generation"]))
    except Exception:  # noqa: BLE001 - the door: whatever went wrong, this message alone comes again
        logger.exception("a run could not be started", message_id=record.get("messageId"))
        return False
    return True
