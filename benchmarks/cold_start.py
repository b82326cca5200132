"""Cold starts: each function's bundle under Lambda's runtime client, beside a handler that does nothing, in the same run.

Init is from the start of Python to its first question for an event; CPU is what it used until then, wall is longer where other work
runs. Real Lambda adds the download, and has a share of a processor that grows with a function's memory.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.database import fresh_database, server
from benchmarks.figures import Figure, arguments, show, tell
from tests.cloud import events, parts
from tests.cloud.runtime_api import Container, Place, cpu_seconds, lay_out, memory_mb, running

BARE = "def handler(event, context):\n    return event\n"
KEY = "dk_for_measuring"
FEW = {"sockets": 2.0, "verifier": 2.0}  # times the bare handler's init, at most
API_S = 0.8
WARM_CALLS = 50


@dataclass(frozen=True)
class Start:
    """One cold start, and the calls after it."""

    init_s: float
    init_cpu_s: float
    first_s: float
    warm_s: float
    memory_mb: float


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="cold starts of each function")
    chosen = parser.parse_args()
    tell("making the bundles")
    built = parts.bundles()
    with server() as running_server, fresh_database(running_server) as database, tempfile.TemporaryDirectory() as folder:
        settings = {"PG_DATABASE_URL": database, "DISPATCH_API_KEY": KEY, "POWERTOOLS_SERVICE_NAME": "dispatch"}
        starts = _measure(built, Path(folder), settings, rounds=chosen.rounds)
    show("Cold starts under Lambda's runtime client", list(_figures(starts)), as_json=chosen.json)


def _measure(built: Path, folder: Path, settings: Mapping[str, str], *, rounds: int) -> dict[str, list[Start]]:
    """The starts of each function, in turns, so that all meet the same machine."""
    asked = _events()
    starts: dict[str, list[Start]] = {name: [] for name in asked}
    for number in range(rounds):
        for name, event in asked.items():
            tell(f"round {number + 1}: {name}")
            root = folder / f"{name}-{number}"
            place = _bare(root) if name == "bare" else parts.place(root, built, name)
            starts[name].append(_start(place, parts.HANDLERS.get(name, "bare:handler"), settings, event))
    return starts


def _events() -> dict[str, Any]:
    """One of each function's own events, of those that ask nobody but the database."""
    health = events.http("GET", "/api/issues", headers={"authorization": f"Bearer {KEY}"})
    return {
        "bare": health,
        "api": health,
        "webhooks": events.http("GET", "/api/github/webhook"),
        "sockets": events.socket("$connect", "a=", ticket="wrong"),
        "spawner": events.messages("spawns", "{}"),
        "turns": events.messages("turns.fifo", "{}"),
        "verifier": {"source": "dispatch.schedule", "schedule": "ping"},
    }


def _bare(root: Path) -> Place:
    bundle = root.with_name(f"{root.name}-bundle")
    bundle.mkdir()
    (bundle / "bare.py").write_text(BARE)
    return lay_out(root, bundle=bundle, layers=[], runtime=parts.runtime(), python=parts.PYTHON)


def _start(place: Place, handler: str, settings: Mapping[str, str], event: Any) -> Start:
    began = time.monotonic()
    with running(place, handler, settings) as container:
        init_s = container.wait_until_ready() - began
        cpu_s = cpu_seconds(container.pid)
        first_s = _timed(container, event)
        warm_s = statistics.median(_timed(container, event) for _ in range(WARM_CALLS))
        return Start(init_s, cpu_s, first_s, warm_s, memory_mb(container.pid))


def _timed(container: Container, event: Any) -> float:
    began = time.perf_counter()
    container.invoke(event)
    return time.perf_counter() - began


def _figures(starts: Mapping[str, list[Start]]) -> Iterator[Figure]:
    bare = _best(starts["bare"])
    for name, found in starts.items():
        best = _best(found)
        yield Figure(f"{name}: init, wall", best.init_s * 1000, "ms", reach=API_S * 1000 if name == "api" else None)
        yield Figure(f"{name}: init, CPU", best.init_cpu_s * 1000, "ms")
        if name != "bare":
            yield Figure(f"{name}: init, times the bare handler's CPU", best.init_cpu_s / bare.init_cpu_s, "", reach=FEW.get(name))
        yield Figure(f"{name}: first answer", best.first_s * 1000, "ms")
        yield Figure(f"{name}: warm answer, p50", best.warm_s * 1000, "ms")
        yield Figure(f"{name}: memory", best.memory_mb, "MB")


def _best(found: list[Start]) -> Start:
    """The least of each: what else runs on the machine only ever adds."""
    return Start(*(min(getattr(start, name) for start in found) for name in Start.__dataclass_fields__))


if __name__ == "__main__":
    main()
