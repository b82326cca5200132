"""All measurements, one after another: `make bench`. Each has a process of its own, so that none meets what another left."""

import subprocess
import sys

from infra.laptop.environment import ROOT

ALL = (
    "up",
    "events",
    "admission",
    "intake",
    "issues",
    "replay",
    "grouping",
    "stop",
    "soak",
    "verification",
    "cold_start",
    "pushes",
    "load",
)

if __name__ == "__main__":
    for number, name in enumerate(ALL, 1):
        print(f"{number} of {len(ALL)}: {name}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]], cwd=ROOT, check=True)
