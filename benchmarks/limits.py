"""Limits under a storm: random steps from threads with connections of their own, some of them killed; every admission is judged in SQL.

The same storm as in the tests, longer. Ends with 1 where anything was broken. Run with `python -m benchmarks.limits --steps 100000`;
`--seed` repeats the chances of an earlier storm (though not how its threads met).
"""

import os
import random
import sys
import tempfile
from pathlib import Path

from moto import mock_aws
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks import database
from benchmarks.figures import Figure, arguments, show, tell
from infra.laptop import postgres
from tests.integration.spawning.steps import REPOSITORY
from tests.integration.spawning.storm import Storm, Told


def measure(*, steps: int, threads: int, seed: int) -> Told:
    """A storm of so many steps on a Postgres of its own, with progress on standard error."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-central-1"}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with tempfile.TemporaryDirectory() as folder, mock_aws():
        server = postgres.start(Path(folder) / "postgres", durable=False)
        try:
            with database.fresh_database(server, GITHUB_REPO=REPOSITORY, SQS_SPAWNS_URL=_queue()) as url, Progress(*columns) as progress:
                task = progress.add_task(f"seed {seed}", total=steps)
                return Storm(url, steps=steps, threads=threads, seed=seed, tick=lambda: progress.advance(task)).run()
        finally:
            server.remove()


def figures(told: Told) -> list[Figure]:
    """What happened, and what of it must not have."""
    return [
        Figure("steps", told.steps.total(), ""),
        Figure("steps a second", told.steps.total() / told.seconds, "/s"),
        *(Figure(what, count, "") for what, count in told.counts.items()),
        Figure("connections ended in the middle", told.kills, ""),
        Figure("steps cut off by that", told.cut, ""),
        Figure("refused as they should be", told.refusals.total(), ""),
        Figure("errors that no door would answer", told.faults.total(), "", reach=0),
        Figure("limits exceeded, and whatever else was broken", sum(map(len, told.breaches.values())), "", reach=0),
    ]


def _queue() -> str:
    import boto3

    return boto3.client("sqs").create_queue(QueueName="spawns")["QueueUrl"]


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    asked = parser.parse_args()
    found = measure(steps=asked.steps, threads=asked.threads, seed=asked.seed)
    show(f"limits, seed {found.seed}", figures(found), as_json=asked.json)
    for what, offenders in found.breaches.items():
        tell(f"{len(offenders)} x {what}: {offenders[:3]}")
    for what, count in found.faults.items():
        tell(f"{count} x {what}")
    sys.exit(1 if found.broken else 0)
