"""However works interleave, are told twice, come late or are killed: no limit is exceeded by one, and no money is counted twice."""

import json
import os
import random

import pytest

from tests.integration.spawning.storm import Storm

pytestmark = pytest.mark.usefixtures("queues", "repository")


def test_no_limit_is_exceeded_in_a_storm(database: str) -> None:
    seed = int(os.environ.get("STORM_SEED") or random.randrange(1_000_000))

    told = Storm(database, steps=1500, threads=6, seed=seed).run()

    assert not told.broken, f"STORM_SEED={seed}\n{json.dumps(told.breaches, indent=1, default=str)[:6000]}\n{told.faults}"
    assert told.counts["runs admitted"] > 10  # some sixty, by chance fewer
    assert told.cut > 0
