"""Programs that we start and that must not outlive us."""

import ctypes
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def end_with_parent(number: signal.Signals) -> Callable[[], object] | None:
    """For `Popen(preexec_fn=...)`: the kernel sends the program `number` when the thread that started it ends, however it ends.

    Linux alone can do this; elsewhere it is None, and leftovers are found at the next start.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded before the fork: afterwards only one call into it is made
    return lambda: libc.prctl(PR_SET_PDEATHSIG, int(number))
