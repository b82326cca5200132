"""A team's load, ten times and a hundred times that, on the real handlers under Lambda's rules: what gives first, and is anything lost.

A team: 10 people look at screens (3 requests a second together, a socket each), 8 runs bring events (4 POSTs a second of 3), production
reports an alert every other second and GitHub something every ten, and somebody wants an agent every twenty. Containers, throttles and
deaths are `benchmarks.lambdas`'; queues are SQS's, with messages that come twice; every fifth of a minute is the schedules' minute; one
webhook in ten comes twice; every sender tries again, as ours do. In the end SQL counts what is lost or doubled: each has to be 0.
Run with `python -m benchmarks.load`.
"""

import base64
import json
import logging
import os
import random
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing import get_context
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from uuid import UUID, uuid4

import psycopg

from benchmarks import database
from benchmarks.figures import Figure, arguments, percentile, show, tell
from benchmarks.lambdas import FailedError, Lambda, ThrottledError, get_ready
from dispatch import stream
from dispatch.briefs import BriefedClaim
from dispatch.kit import settings
from dispatch.kit.work import work
from infra.laptop.doors.queues import Sqs
from infra.wiring import FUNCTIONS, queues
from tests import alerts, doing, hooks
from tests.github_door import open_github

PEOPLE, RUNS = 10, 8
A_SECOND = {"look": 3.0, "events": 4.0, "alert": 0.5, "github": 0.1, "spawn": 0.05, "watch": 0.2}  # a team's
SECONDS = {1: 20, 10: 12, 100: 2}  # two cores take minutes for what a hundred teams send in two seconds
WARM_UP_S = {1: 8, 10: 5, 100: 1}
MOST_SOCKETS, MOST_RUNS = 500, 100
MINUTE_S = 12.0
TWICE = 0.1
PATIENCE = 200  # tries
HIDDEN_S = 4.0  # a message whose worker died comes again: 18 minutes on AWS
KEY = "a machine key for measuring"
SETTINGS = {
    "GITHUB_REPO": "acme/shop",
    "GITHUB_TOKEN": "any",
    "GITHUB_WEBHOOK_SECRET": hooks.SECRET,
    "LOKI_WEBHOOK_SECRET": alerts.SECRET,
    "DISPATCH_API_KEY": KEY,
    "DISPATCH_PASSWORD": "for measuring only",
    "MIN_EVENT_COUNT_TO_SPAWN": "1000000",
    "MAX_CONCURRENT_SPAWNS": "100000",
    "MAX_CONCURRENT_SPAWNS_PRD": "100000",
    "DAILY_SPAWN_BUDGET_PRD": "100000",
    "DAILY_COST_LIMIT_USD": "100000",
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class Sink(StreamRequestHandler):
    """Takes every push at once, as `@connections` would on a good day."""

    def handle(self) -> None:
        """One kept connection."""
        while self.rfile.readline():
            length = 0
            while (line := self.rfile.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            self.rfile.read(length)
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            with self.server.counted:  # type: ignore[attr-defined]
                self.server.count.value += 1  # type: ignore[attr-defined]


class Team:
    """The senders, `scale` times a team, and what they noted."""

    def __init__(self, scale: int, functions: dict[str, Lambda], runs: list[BriefedClaim]) -> None:
        self.scale, self.functions = scale, functions
        self.lock = threading.Lock()
        self.done_ms: dict[str, list[float]] = defaultdict(list)
        self.again = Counter[str]()
        self.gave_up = 0
        self.posted: dict[UUID, int] = Counter()
        self.runs, self.held = runs, {claim.run: threading.Lock() for claim in runs}
        self.sockets = [f"socket-{n}" for n in range(min(MOST_SOCKETS, PEOPLE * scale))]
        self.alerts: list[str] = []
        self.deliveries: list[str] = []
        self.spawned: list[str] = []

    def drive(self, seconds: float) -> float:
        """Everything is sent when it is due, and is done; returns how long that took."""
        due = sorted(
            (random.uniform(0, seconds), kind) for kind, rate in A_SECOND.items() for _ in range(round(rate * self.scale * seconds))
        )
        began, sent = time.monotonic(), []
        with ThreadPoolExecutor(min(256, 16 + 2 * self.scale)) as senders:
            for at, kind in due:
                time.sleep(max(0.0, began + at - time.monotonic()))
                sent.append(senders.submit(self._send, kind, began + at))
        for one in sent:
            one.result()
        return time.monotonic() - began

    def forget(self) -> None:
        """What was counted until now does not count, but for what must be there in the end."""
        self.done_ms.clear()
        self.again.clear()
        for function in self.functions.values():
            function.forget()

    def _send(self, kind: str, due: float) -> None:
        getattr(self, f"_{kind}")()
        with self.lock:
            self.done_ms[kind].append((time.monotonic() - due) * 1000)

    def _until_done(self, kind: str, function: str, event: dict[str, Any]) -> Any:
        """What came in the end: who is throttled, failed or told to come later tries again."""
        for number in range(PATIENCE):
            with suppress(ThrottledError, FailedError):
                answer = self.functions[function].invoke(event)
                if answer["statusCode"] < 400 or _was_done(answer):
                    return answer
                if answer["statusCode"] < 500:
                    raise SystemExit(f"{kind} is refused: {_text(answer)}")
            with self.lock:
                self.again[kind] += 1
            time.sleep(random.uniform(0.05, min(2.0, 0.1 * 2**number)))
        self.gave_up += 1
        return None

    def _look(self) -> None:
        run = random.choice(self.runs).run
        self._until_done("look", "api", request("GET", random.choice(("/api/issues", "/api/fleet", f"/api/runs/{run}", "/api/inbox"))))

    def _events(self) -> None:
        claim = random.choice(self.runs)
        run = claim.run
        with self.held[run]:  # a runner sends one batch after another
            first = self.posted[run] + 1
            batch = [
                {"seq": first + n, "at": datetime.now(UTC).isoformat(), "kind": "message", "data": {"text": "Reads orders.py."}}
                for n in range(3)
            ]
            body = {"generation": claim.generation, "events": batch}
            if self._until_done(
                "events", "api", request("POST", f"/api/runs/{run}/events", body, authorization=f"Bearer {claim.run_token}")
            ):
                self.posted[run] += len(batch)

    def _alert(self) -> None:
        key = uuid4().hex[:16]
        one = alerts.alert(key, labels={"feature": f"part-{random.randrange(40)}"})
        self.alerts.append(key)
        raw = json.dumps(alerts.group(one))
        self._deliver("alert", request("POST", "/api/loki/webhook", raw, authorization=f"Bearer {alerts.SECRET}"))

    def _github(self) -> None:
        delivery, raw = str(uuid4()), json.dumps({"zen": "Keep it logically awesome.", "action": "none"})
        headers = {"x-github-event": "ping", "x-github-delivery": delivery, "x-hub-signature-256": hooks.sign(raw.encode())}
        self.deliveries.append(delivery)
        self._deliver("github", request("POST", "/api/github/webhook", raw, **headers))

    def _deliver(self, kind: str, event: dict[str, Any]) -> None:
        for _ in range(2 if random.random() < TWICE else 1):
            self._until_done(kind, "webhooks", event)

    def _spawn(self) -> None:
        issue = doing.make_issue(f"The total is wrong, says {uuid4()}")
        self._until_done("spawn", "api", request("POST", f"/api/issues/{issue.identifier}/spawn", {"workflow": "prd-investigate"}))
        self.spawned.append(str(issue.id))

    def _watch(self) -> None:
        run, socket = random.choice(self.runs).run, random.choice(self.sockets)
        event = {"requestContext": {"routeKey": "$default", "connectionId": socket}, "body": json.dumps({"watch": f"run:{run}"})}
        self._until_done("watch", "sockets", event)


class Queue:
    """Brings SQS's messages to their function: batches, some twice, what failed once more."""

    def __init__(self, sqs: Sqs, url: str, function: Lambda) -> None:
        self._sqs, self._url, self._function = sqs.client(), url, function
        self.ages_s: list[float] = []
        self.stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self.stopping.is_set():
            found = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=5, VisibilityTimeout=int(HIDDEN_S), AttributeNames=["SentTimestamp"]
            ).get("Messages", [])
            if found:
                self._bring(found)
            else:
                time.sleep(0.1)

    def _bring(self, messages: list[dict[str, Any]]) -> None:
        event = {"Records": [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]}
        failed: set[str] = set()
        for _ in range(2 if random.random() < TWICE else 1):
            try:
                failed = {one["itemIdentifier"] for one in self._function.invoke(event)["batchItemFailures"]}
            except (ThrottledError, FailedError):
                return
        for one in messages:
            if one["MessageId"] not in failed:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=one["ReceiptHandle"])
                self.ages_s.append(time.time() - int(one["Attributes"]["SentTimestamp"]) / 1000)


def request(method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    """API Gateway's event."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "localhost", "content-type": "application/json", "authorization": f"Bearer {KEY}", **headers},
        "requestContext": {
            "requestId": str(uuid4()),
            "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "load"},
        },
        "body": None if body is None else body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }


def _was_done(answer: dict[str, Any]) -> bool:
    """An earlier try had done it, and died before it could say so."""
    return answer["statusCode"] == 409 and json.loads(_text(answer)).get("gate") == "issue"


def _text(answer: dict[str, Any]) -> str:
    return base64.b64decode(answer["body"]).decode() if answer.get("isBase64Encoded") else answer["body"]


def measure(scale: int) -> list[Figure]:
    """The figures of `scale` teams."""
    with database.server() as running, open_github() as github:
        path = "POST /repos/acme/shop/actions/workflows/prd-investigate.yml/dispatches"
        github.answers[path] = (200, {"workflow_run_id": 7})
        sqs, pushes = Sqs(), get_context("fork").Value("q", 0)
        sink = ThreadingTCPServer(("127.0.0.1", 0), Sink)
        sink.daemon_threads, sink.count, sink.counted = True, pushes, threading.Lock()  # type: ignore[attr-defined]
        sink.request_queue_size = 512
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        addresses = {queue.setting: sqs.make_queue(queue, timeout_s=1) for queue in queues()}
        given = {**SETTINGS, **addresses, "AWS_ENDPOINT_URL_SQS": sqs.url, "GITHUB_API_URL": github.url}
        with database.fresh_database(running, **given) as url:
            runs = _prepare(scale)
            given |= {"PG_DATABASE_URL": url, "SOCKETS_ENDPOINT": f"http://127.0.0.1:{sink.server_address[1]}"}
            functions = {function.name: Lambda(function, given) for function in FUNCTIONS}
            figures = _under_load(scale, functions, runs, Queue(sqs, addresses["SQS_SPAWNS_URL"], functions["spawner"]), url, pushes)
        sink.shutdown()
        sqs.stop()
    return figures


def _prepare(scale: int) -> list[BriefedClaim]:
    """Agents are at work, and people have their screens open: half of them the board, half of them a run."""
    runs: list[BriefedClaim] = []
    for number in range(min(MOST_RUNS, RUNS * scale)):
        runs.append(doing.start(doing.ask(doing.make_issue(f"The total is wrong, number {number}"))))
    with work() as unit:
        for number in range(min(MOST_SOCKETS, PEOPLE * scale)):
            stream.connect(unit, f"socket-{number}", caller={"kind": "person", "name": "Ada", "rights": ["read"]})
            stream.watch(unit, f"socket-{number}", "board" if number % 2 else f"run:{runs[number % len(runs)].run}")
    return runs


def _under_load(scale: int, functions: dict[str, Lambda], runs: list[BriefedClaim], spawns: Queue, url: str, pushes: Any) -> list[Figure]:
    team, over = Team(scale, functions, runs), threading.Event()
    for schedule in ("sweep", "ping", "pulls", "errors"):
        threading.Thread(target=_each_minute, args=(functions["verifier"], schedule, over), daemon=True).start()
    most = [0]
    threading.Thread(target=_count_connections, args=(url, most, over), daemon=True).start()
    team.drive(WARM_UP_S[scale])
    team.forget()
    took_s = team.drive(SECONDS[scale])
    _settle(url)
    over.set()
    spawns.stopping.set()
    time.sleep(1)
    found = _wrong(url, team)
    for function in functions.values():
        function.end()
    return _figures(scale, team, functions, took_s, spawns, most[0], pushes.value, found)


def _each_minute(verifier: Lambda, schedule: str, over: threading.Event) -> None:
    while not over.wait(MINUTE_S):
        with suppress(ThrottledError, FailedError):  # the next minute asks again
            verifier.invoke({"schedule": schedule})


def _count_connections(url: str, most: list[int], over: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        while not over.wait(0.5):  # it ends with the measurement
            row = conn.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dispatch'").fetchone()
            most[0] = max(most[0], row[0] if row else 0)


def _settle(url: str) -> None:
    """What was queued has come, and what failed was tried again: a few of the schedules' minutes, or none is left to start."""
    deadline = time.monotonic() + 90
    with psycopg.connect(url, autocommit=True) as conn:
        while time.monotonic() < deadline:
            row = conn.execute(
                "SELECT (SELECT count(*) FROM run WHERE state = 'queued') + (SELECT count(*) FROM delivery WHERE try_at IS NOT NULL)"
            )
            if row.fetchone() == (0,):
                return
            time.sleep(0.5)


def _wrong(url: str, team: Team) -> dict[str, int]:
    """What was acknowledged and is not there, or is there twice."""
    with psycopg.connect(url) as conn:

        def ask(query: Any, *given: Any) -> int:
            row = conn.execute(query, given).fetchone()
            return int(row[0]) if row else 0

        events = sum(team.posted.values())
        return {
            "events lost": sum(
                abs(count - ask("SELECT count(*) FROM run_event WHERE run_id = %s", run)) for run, count in team.posted.items()
            ),
            "frames of events lost or doubled": abs(
                events - ask("SELECT count(*) FROM frame WHERE topic LIKE 'run:%%' AND data ->> 'kind' = 'message'")
            ),
            "feeds with a gap": ask(
                "SELECT count(*) FROM (SELECT topic FROM frame GROUP BY topic HAVING max(seq) <> count(*) OR min(seq) <> 1) AS gaps"
            ),
            "alerts lost or doubled": abs(len(team.alerts) - ask("SELECT coalesce(sum(occurrences), 0) FROM family")),
            "webhooks lost": len(team.deliveries)
            - ask("SELECT count(*) FROM delivery WHERE id = ANY(%s) AND handled_at IS NOT NULL", team.deliveries),
            "wanted agents without a run, or with two": len(team.spawned)
            - ask(
                "SELECT count(*) FROM (SELECT issue_id FROM run WHERE issue_id = ANY(%s::uuid[]) GROUP BY 1 HAVING count(*) = 1) AS one",
                team.spawned,
            ),
            "wanted agents that wait, though nothing holds them": ask(
                "SELECT count(*) FROM spawn WHERE state = 'waiting' AND issue_id = ANY(%s::uuid[])", team.spawned
            ),
            "runs that were never started": ask("SELECT count(*) FROM run WHERE state = 'queued'"),
            "money set aside twice": ask(
                "SELECT count(*) FROM (SELECT FROM ledger WHERE kind = 'reserve' GROUP BY run_id, generation HAVING count(*) > 1) AS twice"
            ),
            "given up": team.gave_up,
        }


def _figures(
    scale: int, team: Team, functions: dict[str, Lambda], took_s: float, spawns: Queue, connections: int, pushes: int, found: dict[str, int]
) -> list[Figure]:
    name, figures = f"{scale} x", list[Figure]()
    sent = sum(len(times) for times in team.done_ms.values())
    figures += [Figure(f"{name}: sent", sent, ""), Figure(f"{name}: offered for {SECONDS[scale]} s, done after", took_s, "s")]
    for kind, times in team.done_ms.items():
        figures.append(Figure(f"{name}: {kind}, from due to done, p50", percentile(times, 0.5), "ms"))
        figures.append(Figure(f"{name}: {kind}, from due to done, p95", percentile(times, 0.95), "ms"))
    for one in functions.values():
        if one.took_ms:
            label = f"{name}: {one.function.name}"
            figures.append(Figure(f"{label}, containers of {one.function.at_most}", one.most, ""))
            figures.append(Figure(f"{label}, started meanwhile", one.cold, ""))
            figures.append(Figure(f"{label}, one event in a warm one, p50", percentile(one.took_ms, 0.5), "ms"))
            figures.append(Figure(f"{label}, one event in a warm one, p95", percentile(one.took_ms, 0.95), "ms"))
            figures.append(Figure(f"{label}, its share of a core, p50", percentile(one.cpu_ms, 0.5), "ms"))
            figures.append(Figure(f"{label}, throttled", one.throttled, ""))
            figures.append(Figure(f"{label}, died in the middle or failed", one.failed, ""))
    figures += [
        Figure(f"{name}: tried again", sum(team.again.values()), ""),
        Figure(f"{name}: pushes", pushes, ""),
        Figure(f"{name}: connections", connections, "", reach=sum(function.at_most for function in FUNCTIONS) + 1),
        Figure(f"{name}: oldest message when it was done", max(spawns.ages_s, default=0), "s"),
        *(Figure(f"{name}: {what}", count, "", reach=0) for what, count in found.items()),
    ]
    return figures


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--scales", type=int, nargs="+", default=list(SECONDS), choices=list(SECONDS), help="how many teams (1 10 100)")
    asked = parser.parse_args()
    logging.disable()
    os.environ |= SETTINGS
    settings.settings.cache_clear()
    get_ready()
    shown: list[Figure] = []
    for size in asked.scales:
        tell(f"{size} x")
        shown += measure(size)
    show("load: what gives first", shown, as_json=asked.json)
