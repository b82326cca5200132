"""What is lost or doubled when everything breaks: `dispatch up` is killed with -9 at random moments of whole runs, while a watcher's
socket is cut again and again. Counts frames, events and ledger rows that are missing, repeated or settled twice; each has to be 0.
"""

import json
import random
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from benchmarks.database import remove
from benchmarks.figures import Figure, arguments, show, tell
from infra.laptop import claude
from tests.e2e.instance import ROOT, Instance, until

LONGEST_INVESTIGATION_S = 9.0
LONGEST_IMPLEMENTATION_S = 14.0
CUT_EVERY_S = (0.2, 2.0)


class Watcher(threading.Thread):
    """A client that watches one run through cuts and kills, resuming after the last seq it has, as the site does."""

    def __init__(self, instance: Instance, run_id: str) -> None:
        super().__init__(daemon=True)
        self.instance, self.topic = instance, f"run:{run_id}"
        self.seqs: list[int] = []
        self.cuts = 0
        self._pieces: dict[int, str] = {}
        self.done = threading.Event()

    def run(self) -> None:
        """Watches until told that it is done."""
        while not self.done.is_set():
            try:
                self._watch_until_cut()
            except TimeoutError:
                self.cuts += 1
            except Exception:  # noqa: BLE001 - the server is dead or dying: the client comes again
                time.sleep(0.2)

    def _watch_until_cut(self) -> None:
        ticket = self.instance.ask("POST", "/api/sockets/ticket")
        end = time.monotonic() + random.uniform(*CUT_EVERY_S)
        with connect(f"{ticket['url']}?ticket={ticket['ticket']}", proxy=None) as socket:
            socket.send(json.dumps({"watch": self.topic, "after": self.seqs[-1] if self.seqs else 0}))
            while not self.done.is_set():
                self._take(json.loads(socket.recv(timeout=max(0, end - time.monotonic()))))

    def _take(self, message: dict[str, Any]) -> None:
        """Frames are taken in order, each once; one that comes too early is left for the next connection to bring again."""
        if piece := message.get("piece"):
            self._pieces[piece["n"]] = piece["text"]
            if len(self._pieces) < piece["of"]:
                return
            message = json.loads("".join(text for _, text in sorted(self._pieces.items())))
        self._pieces.clear()
        for frame in message.get("frames") or [message]:
            if frame.get("topic") == self.topic and frame["seq"] == (self.seqs[-1] if self.seqs else 0) + 1:
                self.seqs.append(frame["seq"])


def main() -> None:
    """Runs the rounds and shows the counts."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="investigations and implementations, each killed once (5)")
    chosen = parser.parse_args()
    found = {"kills": 0, "cuts": 0, "frames": 0, "gaps": 0, "unseen": 0, "settlements": 0, "runs": 0, "unpublished": 0}
    with tempfile.TemporaryDirectory() as folder:
        agent = claude.ensure(ROOT / ".dispatch", tell=tell)
        instance = Instance(Path(folder) / "data", claude=agent, SCRIPTED_MODEL_PACE_MS="10", DAILY_SPAWN_BUDGET_PRD="1000")
        try:
            instance.start()
            for number in range(chosen.rounds):
                tell(f"round {number + 1} of {chosen.rounds}")
                _round(instance, found)
        finally:
            instance.stop()
            remove(instance.data / "postgres")
    show("soak: kill -9 and cut sockets at random moments", _figures(found), as_json=chosen.json)


def _round(instance: Instance, found: dict[str, int]) -> None:
    issue = instance.ask("POST", "/api/issues", {"title": "The total is wrong for orders with a discount"})["identifier"]
    spawn = instance.ask("POST", f"/api/issues/{issue}/spawn", {"workflow": "prd-investigate"})
    run = _through_a_kill(instance, issue, spawn["run_id"], LONGEST_INVESTIGATION_S, found)
    if run["outcome"] != "investigation_complete":
        return
    version = instance.ask("GET", f"/api/issues/{issue}/plan")["version"]
    spawn = instance.ask("POST", f"/api/issues/{issue}/plan", {"action": "approve", "version": version})["spawn"]
    run = _through_a_kill(instance, issue, spawn["run_id"], LONGEST_IMPLEMENTATION_S, found)
    found["unpublished"] += run["outcome"] == "completed" and not _is_published(instance, run["id"])


def _through_a_kill(instance: Instance, issue: str, run_id: str, longest_s: float, found: dict[str, int]) -> dict[str, Any]:
    """The run's end; the server died once before it."""
    watcher = Watcher(instance, run_id)
    watcher.start()
    time.sleep(random.uniform(0, longest_s))
    instance.kill()
    instance.start()
    run = instance.finished_run(issue, seconds=240)
    seqs = [frame["seq"] for frame in instance.events(run_id)]
    _wait_for(watcher, seqs[-1])
    found["kills"] += 1
    found["runs"] += 1
    found["cuts"] += watcher.cuts
    found["frames"] += len(seqs)
    found["gaps"] += seqs != list(range(1, len(seqs) + 1))
    found["unseen"] += len(set(seqs) - set(watcher.seqs))
    found["settlements"] += instance.rows(f"SELECT count(*) FROM ledger WHERE run_id = '{run_id}' AND kind = 'settle'")[0][0]
    return run


def _wait_for(watcher: Watcher, newest: int) -> None:
    end = time.monotonic() + 20
    while (not watcher.seqs or watcher.seqs[-1] < newest) and time.monotonic() < end:
        time.sleep(0.1)
    watcher.done.set()
    watcher.join(5)


def _is_published(instance: Instance, run_id: str) -> bool:
    try:
        return bool(until(lambda: (instance.ask("GET", f"/api/runs/{run_id}")["patch"] or {}).get("published_at"), 60, "never"))
    except AssertionError:
        return False


def _figures(found: dict[str, int]) -> list[Figure]:
    return [
        Figure("times the server was killed", found["kills"], ""),
        Figure("times the watcher's socket was cut", found["cuts"], ""),
        Figure("frames published", found["frames"], ""),
        Figure("runs whose frames have a gap", found["gaps"], "", reach=0),
        Figure("frames the watcher missed", found["unseen"], "", reach=0),
        Figure("runs not settled exactly once", abs(found["settlements"] - found["runs"]), "", reach=0),
        Figure("accepted patches that never reached their branch", found["unpublished"], "", reach=0),
    ]


if __name__ == "__main__":
    main()
