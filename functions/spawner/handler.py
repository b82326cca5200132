"""The spawner: a message, a run to start, or to end at its runtime. One that fails comes again; the others of its batch do not."""

import json
from typing import Any
from uuid import UUID

from dispatch import briefs, spawning
from dispatch.kit.log import about, logger, watched


@watched
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Starts or ends the run of each record; answers which messages are to come again."""
    failed = [record["messageId"] for record in event["Records"] if not _take(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _take(record: dict[str, Any]) -> bool:
    try:
        message = json.loads(record["body"])
        act = spawning.stop_at_runtime if message.get("stop") else _start
        about(run=message["run_id"], issue=None)
        act(UUID(message["run_id"]), int(message["generation"]))
    except Exception:  # noqa: BLE001 - the door: whatever went wrong, this message alone comes again
        logger.exception("a run could not be started or ended", message_id=record.get("messageId"))
        return False
    return True


def _start(run_id: UUID, generation: int) -> None:
    try:
        briefs.prepare(run_id)
    except Exception:  # noqa: BLE001 - a run starts whether or not more could be found out for it
        logger.exception("a brief could not be prepared", run=str(run_id))
    spawning.start_run(run_id, generation)
