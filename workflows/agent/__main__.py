"""`python workflows/agent run` acts for one run; `publish` puts its accepted patch on a branch; `give-up` says that it will stay off it."""

import ctypes
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Run as a folder, Python puts the folder itself on the path: its modules would then shadow the standard library's.
sys.path[:] = [str(HERE.parent), *(entry for entry in sys.path if Path(entry or ".").resolve() != HERE)]

from agent import VERSION  # noqa: E402  (the path has to be right first)
from agent.job import run  # noqa: E402
from agent.processes import adopt_orphans  # noqa: E402
from agent.publish import give_up, publish  # noqa: E402
from agent.settings import MissingSettingError, Settings  # noqa: E402

COMMANDS = {"run": run, "publish": publish, "give-up": give_up}
PR_SET_DUMPABLE = 4


def main(arguments: list[str]) -> int:
    """Does the one thing asked for and answers the process's exit code: 0 done or quietly stopped, 1 failed, 2 used wrongly, 3 given up."""
    if arguments == ["--version"]:
        print(VERSION)
        return 0
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"usage: python workflows/agent {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    hide_environment()
    adopt_orphans()
    try:
        return COMMANDS[arguments[0]](Settings.read())
    except MissingSettingError as error:
        print(error, file=sys.stderr)
        return 2


def hide_environment() -> None:
    """Closes /proc/<this process> to other processes of the same user, so that the agent cannot read the keys it was not given."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
