"""A policy's replay over 10,000 stored requests of 30 days, from the call to the sentence. Run with `python -m benchmarks.replay`."""

import random
import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from benchmarks import database
from benchmarks.figures import Figure, arguments, show, tell
from dispatch import spawning
from dispatch.kit.ids import new_id
from dispatch.kit.work import work
from dispatch.spawning import NewReplay

SPAWNS = 10_000
DAYS = 30
ROUNDS = 5
CANDIDATES: dict[str, dict[str, Any]] = {
    "the same limits": {},
    "half the places": {"max_concurrent_spawns": 4},
    "$100 a day, thousands wait": {"daily_cost_limit_usd": 100},
    "one place, everybody waits": {"max_concurrent_spawns": 1},
    "one customer's purse is short": {"daily_cost_limit_by_customer": {"acme": 30}},
}
WIDE = {"MAX_CONCURRENT_SPAWNS": 500, "MAX_CONCURRENT_SPAWNS_PRD": 500, "MAX_CONCURRENT_SPAWNS_ERROR": 500, "DAILY_COST_LIMIT_USD": 100_000}
FACTS: dict[str, Any] = {
    "repository": "acme/shop",
    "family": None,
    "cause": None,
    "forced_because": None,
    "queued": False,
    "issue_open": True,
    "unfinished_run": None,
    "waiting_spawn": False,
    "plan_approved_at": None,
    "has_work_to_test": True,
    "kill_switch": None,
    "breakers": [],
    "family_started_at": None,
    "running_error": 0,
    "running_prd": 0,
    "spawns_today_error": 0,
    "spawns_today_prd": 0,
    "reserved_usd": 0,
    "settled_usd": 0,
    "workflow_usd": 0,
    "customer_usd": 0,
    "asked_usd": None,
    "plan_cap_usd": None,
    "waiting_reviews": 0,
    "held": [],
}


def measure(rounds: int) -> list[Figure]:
    """The figures: each candidate's median of so many rounds."""
    budgets = {"DAILY_SPAWN_BUDGET_PRD": 100_000, "DAILY_SPAWN_BUDGET_ERROR": 100_000}
    with database.server() as running, database.fresh_database(running, GITHUB_REPO="acme/shop", **WIDE, **budgets) as url:
        with work() as unit:
            version = spawning.get_policy(unit).version
        _live(url, version)
        return [_figure(what, limits, rounds) for what, limits in CANDIDATES.items()]


def _figure(what: str, limits: dict[str, Any], rounds: int) -> Figure:
    times: list[float] = []
    for _ in range(rounds):
        with work() as unit:
            began = time.perf_counter()
            told = spawning.replay(unit, NewReplay(days=DAYS, limits=limits))
            times.append(time.perf_counter() - began)
    tell(f"  {what}: {told.sentence} ({told.after.waited} waited, {told.after.refused} refused)")
    return Figure(f"replay of {SPAWNS:,} requests: {what}", median(times), "s", 2)


def _live(url: str, version: int) -> None:
    """Thirty days have passed, in which everybody who asked had their run at once."""
    chance = random.Random(1)
    began = datetime.now(UTC) - timedelta(days=DAYS - 1)
    with psycopg.connect(url) as conn, conn.cursor() as cursor:
        conn.execute("INSERT INTO customer SELECT gen_random_uuid(), slug, slug, now() FROM unnest('{acme,bolt,coil}'::text[]) AS slug")
        every = timedelta(days=DAYS - 1) / SPAWNS
        cursor.executemany(LIFE, [_life(number, began + number * every, version, chance) for number in range(SPAWNS)])
        conn.execute("ANALYZE")


def _life(number: int, at: datetime, version: int, chance: random.Random) -> dict[str, Any]:
    workflow = chance.choice(("prd-investigate", "deep-research", "auto-triage", "auto-investigate"))
    row = {
        "issue": new_id(),
        "spawn": new_id(),
        "run": new_id(),
        "identifier": f"BENCH-{number}",
        "number": number,
        "priority": chance.choice(("P1", "P2", "P3", "P4")),
        "workflow": workflow,
        "customer": chance.choice(("acme", "bolt", "coil", None)),
        "at": at,
        "end": at + timedelta(minutes=min(chance.lognormvariate(2.3, 0.8), 120)),
        "cost": round(min(chance.lognormvariate(1, 1), 25), 4),
        "version": version,
        "actor": Jsonb({"kind": "person", "name": "Ada"}),
    }
    row["inputs"] = Jsonb({**FACTS, "workflow": workflow, "issue": row["identifier"], "customer": row["customer"]})
    return row


LIFE = """
WITH made AS (
    INSERT INTO issue (id, identifier, number, title, priority, status_id, source, created_by, created_at, updated_at, customer_id)
    SELECT %(issue)s, %(identifier)s, %(number)s, %(identifier)s, %(priority)s, (SELECT id FROM status ORDER BY position LIMIT 1),
           'person', %(actor)s, %(at)s, %(at)s, (SELECT id FROM customer WHERE slug = %(customer)s)
), ran AS (
    INSERT INTO run (id, issue_id, workflow, state, outcome, repository, cap_usd, cost_usd, created_at, started_at, finished_at)
    VALUES (%(run)s, %(issue)s, %(workflow)s, 'finished', 'completed', 'acme/shop', 25, %(cost)s, %(at)s, %(at)s, %(end)s)
), asked AS (
    INSERT INTO spawn (id, issue_id, workflow, asked_by, state, run_id, created_at, decided_at)
    VALUES (%(spawn)s, %(issue)s, %(workflow)s, %(actor)s, 'admitted', %(run)s, %(at)s, %(at)s)
), decided AS (
    INSERT INTO decision (spawn_id, at, verdict, reason, inputs, policy_version)
    VALUES (%(spawn)s, %(at)s, 'admitted', 'Every gate is open.', %(inputs)s, %(version)s)
)
INSERT INTO ledger (run_id, generation, workflow, kind, amount_usd, day, at)
SELECT %(run)s, 1, %(workflow)s, kind, amount, day, moment
FROM (VALUES ('reserve', 25, (%(at)s::timestamptz AT TIME ZONE 'UTC')::date, %(at)s::timestamptz),
             ('settle', %(cost)s::numeric, (%(end)s::timestamptz AT TIME ZONE 'UTC')::date, %(end)s::timestamptz)
     ) AS line (kind, amount, day, moment)
"""

if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    show("replay", measure(asked.rounds), as_json=asked.json)
