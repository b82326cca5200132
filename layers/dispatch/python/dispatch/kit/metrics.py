"""What CloudWatch counts: each figure with its unit, printed in its embedded metric format. Alarms and the dashboard name these."""

import json
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from dispatch.kit import clock

NAMESPACE = "Dispatch"
UNITS = MappingProxyType(
    {
        "Sweeps": "Count",
        "SpawnsAdmitted": "Count",
        "SpawnsRefused": "Count",
        "SpawnsWaiting": "Count",
        "OldestWaitingSpawn": "Seconds",
        "RunsStarted": "Count",
        "RunsFinished": "Count",
        "RunsFailed": "Count",
        "RunsUnfinished": "Count",
        "SettledUsd": "None",  # CloudWatch knows no dollars
        "ReservedUsd": "None",
        "LedgerUsed": "None",  # 0 to 1 of today's limit; over 1 where the limit was lowered meanwhile
        "ColdStart": "Count",
    }
)


def tell(figures: Mapping[str, float | Decimal], **dimensions: str) -> None:
    """The figures are in the log, from where CloudWatch takes them. Raises KeyError for one without a unit."""
    named = [{"Name": name, "Unit": UNITS[name]} for name in figures]
    about = {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": named}
    at_ms = int(clock.now().timestamp() * 1000)
    values = {name: float(value) for name, value in figures.items()}
    print(json.dumps({"_aws": {"Timestamp": at_ms, "CloudWatchMetrics": [about]}, **dimensions, **values}))  # noqa: T201 - this is how CloudWatch is told
