"""Run events: from the runner's POST to every watcher's frame, against an echo over the same kind of sockets.

A real `dispatch up`; this process is the runner, and another one holds the watchers' WebSockets. At 20 events a second the time from the
moment an event is made (its POST begins, or waits for the one before) to each watcher's frame; then as many as one runner can bring.
Every watcher must have every event once, on the first way: nothing is asked for again.
Run with `python -m benchmarks.events`.
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from benchmarks.database import commit_times, remove, url_of
from benchmarks.figures import Figure, arguments, percentile, show, tell
from tests.e2e.instance import ROOT, Instance

WATCHERS = (1, 50, 500)
REACH_MS = {1: 100, 50: 100, 500: 500}
EVENTS_A_SECOND = 20
SECONDS = 10
AT_FULL_SPEED = 200
BATCH = 20  # what a busy agent makes in a runner's 300 ms
MACHINE_KEY = "a machine key for measuring"
TEXT = "The discount is taken from each line and then once more from the total; see orders/totals.py, line 41."

Send = Callable[[list[dict[str, Any]]], None]


def measure(watchers: tuple[int, ...]) -> list[Figure]:
    """The figures, for each number of watchers."""
    figures: list[Figure] = []
    for count in watchers:
        figures += _through_dispatch(count)
        figures += _through_echo(count)
    return figures


def _through_dispatch(count: int) -> list[Figure]:
    with _instance() as instance, _Runner(instance) as runner:
        tickets = [instance.ask("POST", "/api/sockets/ticket") for _ in range(count)]
        addresses = [f"{ticket['url']}?ticket={ticket['ticket']}" for ticket in tickets]
        with _Watchers(addresses, json.dumps({"watch": runner.topic, "after": 0})) as watching:
            at_rate = _at_rate(runner.send, watching, first=1)
            single = _at_full_speed(runner.send, watching, first=len(at_rate[0]) + 1, batch=1)
            batched = _at_full_speed(runner.send, watching, first=len(at_rate[0]) + AT_FULL_SPEED + 1, batch=BATCH)
        commits = commit_times(url_of(instance.data), times=EVENTS_A_SECOND * SECONDS // 2, every_s=1 / EVENTS_A_SECOND)
    _tell(f"{count} watchers", at_rate, single)
    ages = _ages(at_rate)
    return [
        Figure(f"{count} watchers: event to frame, p50", percentile(ages, 0.5), "ms"),
        Figure(f"{count} watchers: event to frame, p95", percentile(ages, 0.95), "ms", REACH_MS.get(count)),
        Figure(f"{count} watchers: one event a POST, one runner", single, "/s"),
        Figure(f"{count} watchers: {BATCH} events a POST, one runner", batched, "/s"),
        Figure(f"{count} watchers: one row's commit on this disk, p95", percentile(commits, 0.95), "ms"),
        Figure(f"{count} watchers: lost or doubled", 0, "events", 0),  # `_check` has looked at every one
    ]


def _through_echo(count: int) -> list[Figure]:
    with _echo() as port:
        door = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

        def send(events: list[dict[str, Any]]) -> None:
            frames = [{"topic": "run:echo", "seq": event["seq"], "kind": "run.event", "at": event["at"], "data": event} for event in events]
            door.request("POST", "/", json.dumps({"frames": frames}))
            door.getresponse().read()

        with _Watchers([f"ws://127.0.0.1:{port}/"] * count, "") as watching:
            at_rate = _at_rate(send, watching, first=1)
            single = _at_full_speed(send, watching, first=len(at_rate[0]) + 1, batch=1)
    _tell(f"{count} watchers, echo", at_rate, single)
    ages = _ages(at_rate)
    return [
        Figure(f"{count} watchers: the echo, p50", percentile(ages, 0.5), "ms"),
        Figure(f"{count} watchers: the echo, p95", percentile(ages, 0.95), "ms"),
        Figure(f"{count} watchers: the echo, one event a POST", single, "/s"),
    ]


Made = dict[int, float]
Came = list[list[tuple[int, float]]]


def _at_rate(send: Send, watching: "_Watchers", *, first: int) -> tuple[Made, Came]:
    """When each event was made, at a steady rate, and when it came to each watcher. Events made during a POST go together."""
    began = time.monotonic()
    made = {first + n: began + n / EVENTS_A_SECOND for n in range(EVENTS_A_SECOND * SECONDS)}
    waiting = list(made)
    while waiting:
        time.sleep(max(0.0, made[waiting[0]] - time.monotonic()))
        now = time.monotonic()
        due = [number for number in waiting if made[number] <= now]
        send([_event(number) for number in due])
        del waiting[: len(due)]
    came = watching.wait(len(made))
    _check(came, range(first, first + len(made)))
    return made, came


def _at_full_speed(send: Send, watching: "_Watchers", *, first: int, batch: int) -> float:
    """Events a second from the first POST to the last watcher's last frame, one POST after another."""
    numbers = range(first, first + AT_FULL_SPEED)
    began = time.monotonic()
    for start in range(first, first + AT_FULL_SPEED, batch):
        send([_event(number) for number in range(start, start + batch)])
    came = watching.wait(len(numbers))
    _check(came, numbers)
    return len(numbers) / (max(at for moments in came for _, at in moments) - began)


def _check(came: Came, numbers: range) -> None:
    """Every watcher has every event once."""
    for moments in came:
        found = sorted(number for number, _ in moments)
        if found != list(numbers):
            lost, doubled = set(numbers) - set(found), len(found) - len(set(found))
            raise SystemExit(f"Of {len(numbers)} events a watcher missed {len(lost)} and had {doubled} twice.")


def _ages(measured: tuple[Made, Came]) -> list[float]:
    made, came = measured
    return [(at - made[number]) * 1000 for moments in came for number, at in moments]


def _event(number: int) -> dict[str, Any]:
    return {"seq": number, "at": datetime.now(UTC).isoformat(), "kind": "message", "data": {"text": TEXT}}


def _tell(who: str, measured: tuple[Made, Came], single: float) -> None:
    ages = _ages(measured)
    tell(f"  {who}: p50 {percentile(ages, 0.5):.1f} ms, p95 {percentile(ages, 0.95):.1f} ms, {single:.0f} events/s")


class _Runner:
    """A run that this process has claimed, on a connection that stays open, as the runner's does."""

    def __init__(self, instance: Instance) -> None:
        self._door = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=60)
        issue = instance.ask("POST", "/api/issues", {"title": "Measure how fast lines arrive"})
        spawn = instance.ask("POST", f"/api/issues/{issue['identifier']}/spawn", {"workflow": "prd-investigate"})
        self._run = spawn["run_id"]
        self.topic = f"run:{self._run}"
        claim = {"generation": 1, "runner": {"version": "1", "python": "3.11", "host": "benchmark"}}
        self._token = self._post("claim", claim, MACHINE_KEY)["run_token"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def send(self, events: list[dict[str, Any]]) -> None:
        """The server has the events."""
        self._post("events", {"generation": 1, "events": events}, self._token)

    def _post(self, call: str, body: dict[str, Any], token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._door.request("POST", f"/api/runs/{self._run}/{call}", json.dumps(body), headers)
        answer = self._door.getresponse()
        text = answer.read()
        if answer.status != http.client.OK:
            raise SystemExit(f"{call} was answered with {answer.status}: {text.decode()}")
        return json.loads(text)


class _Watchers:
    """The other process, and what its sockets have seen."""

    def __init__(self, addresses: list[str], first_message: str) -> None:
        words = [sys.executable, "-m", "benchmarks.watchers", first_message]
        self._process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._say(" ".join(addresses))
        if self._hear() != "ready":
            raise SystemExit("The watchers could not open their sockets.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def wait(self, events: int) -> Came:
        """What every watcher has, once each has so many events."""
        self._say(str(events))
        return [[(number, at) for number, at in moments] for moments in json.loads(self._hear())]

    def _say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


@contextmanager
def _instance() -> Iterator[Instance]:
    """A fresh `dispatch up` whose GitHub starts nothing: this process is the runner."""
    with tempfile.TemporaryDirectory() as folder, _github() as github:
        data = Path(folder) / "data"
        settings = {"GITHUB_API_URL": github, "GITHUB_REPO": "acme/shop", "GITHUB_TOKEN": "any", "DISPATCH_API_KEY": MACHINE_KEY}
        instance = Instance(data, claude=Path("claude"), **settings)
        try:
            instance.start()
            yield instance
        finally:
            instance.stop()
            remove(data / "postgres")


@contextmanager
def _github() -> Iterator[str]:
    """Takes every workflow, and never runs it."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({"default_branch": "main"})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self._answer({"workflow_run_id": 1, "html_url": "http://localhost/1"})

        def _answer(self, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@contextmanager
def _echo() -> Iterator[int]:
    port = _free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.echo", str(port)], cwd=ROOT, env=dict(os.environ))
    try:
        _until_open(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_open(port: int) -> None:
    for _ in range(200):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The echo never listened.")


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--watchers", type=int, nargs="+", default=list(WATCHERS))
    asked = parser.parse_args()
    show("events", measure(tuple(asked.watchers)), as_json=asked.json)
