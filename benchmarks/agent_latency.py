"""How long an agent's line takes from the CLI's mouth to the control plane's door: the promise is 300 ms.

Run with `.venv/bin/python -m benchmarks.agent_latency`.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

from tests.unit.agent.conftest import AGENT, PRELUDE, git
from tests.unit.agent.control_plane import MACHINE_KEY, RUN, ControlPlane

LINES = 200
SPEECH = f"for _ in range({LINES}):\n    speak(repr(time.time()))\n    time.sleep(0.05)\nhand_in()\n"


class Stopwatch(ControlPlane):
    """A control plane that notes how old each message is when it arrives, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.ages: list[float] = []

    def take(self, call: str, body: dict) -> dict:
        """As ever, with a look at the clock."""
        spoken = [event["data"]["text"] for event in body.get("events", []) if event["kind"] == "message"]
        self.ages += [(time.time() - float(text)) * 1000 for text in spoken]
        return super().take(call, body)


def measure(place: Path) -> list[float]:
    """The ages of all lines of one run."""
    git(place, "init", "-q")
    git(place, "commit", "-q", "--allow-empty", "-m", "Begin")
    claude = place / "claude"
    claude.write_text(f"#!{sys.executable}\n{PRELUDE}\n{SPEECH}")
    claude.chmod(0o755)
    with Stopwatch() as plane:
        job = {"DISPATCH_API_URL": plane.url, "DISPATCH_API_KEY": MACHINE_KEY, "DISPATCH_RUN_ID": RUN, "DISPATCH_GENERATION": "1"}
        places = {"DISPATCH_WORKTREE": str(place), "DISPATCH_SPOOL_DIR": str(place / "spool"), "DISPATCH_CLAUDE": str(claude)}
        command = [sys.executable, str(AGENT), "run"]
        subprocess.run(command, env={"PATH": os.environ["PATH"]} | job | places, check=True, capture_output=True)
        return plane.ages


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    cuts = quantiles(found, n=100)
    print(f"{len(found)} lines: median {cuts[49]:.0f} ms, 99th percentile {cuts[98]:.0f} ms, slowest {max(found):.0f} ms")
