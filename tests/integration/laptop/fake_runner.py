"""A runner that does what `FAKE_SAYS` tells it, in a worktree, and leaves marks of it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

step = sys.argv[1]
says = os.environ.get("FAKE_SAYS", "")
marks = Path(os.environ["FAKE_MARKS"])
mark = marks / f"{os.environ['DISPATCH_RUN_ID']}-{step}.json"

here = Path.cwd()
mark.write_text(json.dumps({"cwd": str(here), "files": sorted(p.name for p in here.iterdir()), "environment": dict(os.environ)}))
sys.stdout.write(f"step {step} says hello\n")
if step == "publish" and says == "hang" and not (marks / "hung").exists():
    (marks / "hung").write_text(str(os.getpid()))
    time.sleep(300)
if step == "publish" and says == "die":
    with (marks / "deaths").open("a") as deaths:
        deaths.write("x")
    os.kill(os.getpid(), signal.SIGKILL)
if step == "publish" and says == "given up":
    raise SystemExit(3)
if step == "run" and says == "model":
    with urllib.request.urlopen(os.environ["ANTHROPIC_BASE_URL"]) as answer:
        (marks / "model").write_text(str(answer.status))
if step == "run" and says == "fail":
    raise SystemExit(1)
if step == "run" and says in ("sleep", "stubborn"):
    if says == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    slipped = subprocess.Popen(["sleep", "300"], start_new_session=True)
    (marks / "pids").write_text(f"{os.getpid()} {slipped.pid}")
    time.sleep(300)
