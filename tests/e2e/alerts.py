"""Alerts as Alertmanager tells them, each an error of its own."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

_numbers = count(1)


def alert(message: str, *, seen: int = 1, key: str | None = None, **labels: Any) -> dict[str, Any]:
    """An alert that fires: the error was seen so often. With the `key` of an earlier one it is that one, told again."""
    number = next(_numbers)
    return {
        "status": "firing",
        "labels": {"alertname": "Errors", "source": "shop", "feature": "orders"} | labels,
        "annotations": {"msg": message, "event_count": str(seen), "stack_trace": f'File "/app/shop/part_{number}.py", line 3, in total'},
        "startsAt": (datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)).isoformat()
        if key is None
        else "2026-11-22T10:00:00Z",
        "fingerprint": key or f"{number:016x}",
        "generatorURL": "https://grafana.example/rule/1",
    }
