"""The kill switch under many agents at work: how long until all are quiet, and that none acts afterwards.

A real `dispatch up` with real agents, driven by the scripted model at so slow a pace that none is done. Then everything is stopped, and
counted: what a run's feed still took from its agent after its end, patches and branches, agent programs still alive. Each has to be 0.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.database import remove
from benchmarks.figures import Figure, arguments, show, tell
from infra.laptop import claude
from tests.e2e.instance import ROOT, Instance, until

PACE_MS = 4000  # a letter or so a second: nobody ends before the switch is closed
START_S = 600
QUIET_S = 120


def main() -> None:
    """Stops that many agents at once and shows what came of it."""
    parser = arguments(__doc__)
    parser.add_argument("--agents", type=int, default=20, help="agents at work when the switch is closed (20)")
    chosen = parser.parse_args()
    many = str(chosen.agents)
    limits = dict.fromkeys(("MAX_CONCURRENT_SPAWNS", "MAX_CONCURRENT_SPAWNS_PRD", "DAILY_SPAWN_BUDGET_PRD"), many)
    with tempfile.TemporaryDirectory() as folder:
        agent = claude.ensure(ROOT / ".dispatch", tell=tell)
        settings = {"SCRIPTED_MODEL_PACE_MS": str(PACE_MS), "DAILY_COST_LIMIT_USD": "10000", **limits}
        instance = Instance(Path(folder) / "data", claude=agent, **settings)
        try:
            instance.start()
            figures = _measure(instance, chosen.agents)
        finally:
            instance.end_jobs()
            instance.stop()
            remove(instance.data / "postgres")
    show(f"stop: the kill switch under {many} agents", figures, as_json=chosen.json)


def _measure(instance: Instance, agents: int) -> list[Figure]:
    refs = [instance.new_issue(f"The total is wrong for orders with a discount, number {n}") for n in range(agents + 1)]
    spawns = [instance.spawn(ref) for ref in refs]
    runs = [spawn["run_id"] for spawn in spawns if spawn["run_id"]]
    tell(f"{len(runs)} admitted, waiting until each has an agent at work")
    until(lambda: _working(instance) == agents, START_S, lambda: f"only {_working(instance)} agents are at work")
    alive = _alive(instance)
    began = time.monotonic()
    switch = instance.ask("POST", "/api/kill-switches", {"scope": "everything", "reason": "A rehearsal"})
    answered_s = time.monotonic() - began
    tell(f"closed in {answered_s:.2f} s; waiting until all are quiet")
    quiet = until(lambda: _quiet(instance, switch["id"]), QUIET_S, "some never got quiet")
    until(lambda: _alive(instance) == 0, QUIET_S, lambda: f"{_alive(instance)} agent programs never ended")
    gone_s = time.monotonic() - began
    time.sleep(5)  # whoever would still act has time to
    late = instance.rows(LATE)[0][0]
    refused = instance.spawn(refs[0])
    waiting = instance.ask("GET", "/api/fleet")["waiting"]
    return [
        Figure("agents at work when it was closed", agents, ""),
        Figure("agent programs alive then", alive, ""),
        Figure("the answer: everything refused, tokens void", answered_s, "s"),
        Figure("until every runner had said that its agent is gone", quiet["quiet_s"], "s"),
        Figure("until no agent program was alive", gone_s, "s"),
        Figure("runs stopped", quiet["stopped"], "", agents, "at least"),
        Figure("things an agent did after its run had ended", late, "", 0),
        Figure("patches taken from stopped runs", instance.rows("SELECT count(*) FROM patch")[0][0], "", 0),
        Figure("runs not settled exactly once", instance.rows(UNSETTLED)[0][0], "", 0),
        Figure("spawns admitted while it was closed", int(refused.get("code") != "spawn_refused"), "", 0),
        Figure("spawns that waited and lost their place", 1 - len(waiting), "", 0),
    ]


# Frames of an agent's own events that stand behind the frame in which its run finished.
LATE = """
SELECT count(*)
FROM frame AS event
JOIN frame AS ending ON ending.topic = event.topic AND ending.kind = 'run.state' AND ending.data ->> 'state' = 'finished'
WHERE event.kind = 'run.event' AND event.data ->> 'seq' IS NOT NULL AND event.seq > ending.seq AND event.topic LIKE 'run:%'
"""
UNSETTLED = """
SELECT count(*)
FROM (
    SELECT run.id
    FROM run LEFT JOIN ledger ON ledger.run_id = run.id AND ledger.kind IN ('settle', 'release')
    GROUP BY run.id
    HAVING count(ledger.id) <> 1
) AS wrong
"""


def _working(instance: Instance) -> int:
    """How many runs have heard from their agent."""
    return int(instance.rows("SELECT count(*) FROM run WHERE state = 'running' AND model IS NOT NULL")[0][0])


def _quiet(instance: Instance, switch_id: str) -> dict[str, Any] | None:
    [switch] = [one for one in instance.ask("GET", "/api/kill-switches")["items"] if one["id"] == switch_id]
    return switch if switch["quiet_s"] is not None else None


def _alive(instance: Instance) -> int:
    """How many processes work in this instance's worktrees."""
    places = [Path(entry) for entry in Path("/proc").glob("[0-9]*/cwd")]
    return sum(_is_in(place, instance.data / "runs") for place in places)


def _is_in(link: Path, folder: Path) -> bool:
    try:
        return link.readlink().is_relative_to(folder) and "worktree" in str(link.readlink())
    except OSError:
        return False


if __name__ == "__main__":
    main()
