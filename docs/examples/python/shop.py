"""Logs that Dispatch understands: one JSON object a line, on standard output. Standard library only, Python 3.11 and later."""

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime

SOURCE = "billing"  # the service, or the part of it that a team answers for
PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "source", "feature"}


class JsonLines(logging.Formatter):
    """Every record, a library's too, is one line. What is given as `extra` becomes a field of its own."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),  # utcnow() has no zone, so a reader has to guess
            "level": record.levelname.lower(),
            "msg": record.getMessage(),
            "source": getattr(record, "source", SOURCE),
            "feature": getattr(record, "feature", record.name),
            "release": os.environ.get("RELEASE", "dev"),
        }
        if record.exc_info and record.exc_info[1]:
            entry["error"] = str(record.exc_info[1])
            entry["stack"] = "".join(traceback.format_exception(record.exc_info[1]))
        entry |= {name: value for name, value in vars(record).items() if name not in PLAIN}
        return json.dumps(entry, default=str)


def set_up() -> None:
    """Everything that is logged, and an error that nobody catches, is written so."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    sys.excepthook = lambda kind, error, trace: logging.critical("Uncaught %s", kind.__name__, exc_info=(kind, error, trace))


def charge(customer: str, cents: int) -> None:
    """What fails."""
    raise ValueError(f"card of {customer} declined for {cents}")


def check_out(customer: str, cents: int) -> None:
    """The message says what failed, always in the same words; whom and how much are fields."""
    try:
        charge(customer, cents)
    except ValueError:
        about = {"feature": "charge-customer", "userId": customer, "amount": cents, "currency": "usd"}
        logging.exception("Failed to process payment: card declined", extra=about)


if __name__ == "__main__":
    set_up()
    logging.info("started", extra={"feature": "start"})
    check_out("user_abc123", 2_500)
    check_out("user_xyz789", 990)
