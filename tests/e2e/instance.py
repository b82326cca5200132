"""A whole Dispatch of one's own, as `dispatch up` makes it, and what a person or a machine may ask it."""

import http.cookiejar
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from infra.laptop.jobs import JobFolder
from infra.laptop.postgres import place
from tests import hooks

ROOT = Path(__file__).parents[2]
PASSWORD = "a long enough password"
ALERT_SECRET = "a secret that Alertmanager knows"


class Instance:
    """`dispatch up` in a data folder of its own, on a port of its own; it may be killed and started again."""

    def __init__(self, data: Path, *, claude: Path, **settings: str) -> None:
        self.data = data
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self._said = data.with_suffix(".log")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC", "GITHUB_", "PG", "DISPATCH_"))}
        self._environment = clean | self._settings(claude) | settings
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self._process: subprocess.Popen[bytes] | None = None
        self._deliveries = 0

    def start(self) -> None:
        """It answers."""
        self.launch()
        self.wait_until_up()

    def launch(self) -> None:
        """It is on its way."""
        words = [sys.executable, "-m", "infra.cli", "up", "--no-build", "--data", str(self.data)]
        with self._said.open("ab") as log:
            self._process = subprocess.Popen(words, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    def wait_until_up(self) -> None:
        """It answers, after `launch`."""
        until(self._answers, 120, lambda: f"the instance never answered:\n{self._said.read_text()}")

    def kill(self) -> None:
        """It is gone from one moment to the next, as after a power cut."""
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """It is asked to stop, and has."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)

    def remove(self) -> None:
        """It has stopped, and what it kept is gone."""
        self.stop()
        actual = place.data_place(self.data / "postgres", place.lesser_account())
        subprocess.run(["rm", "-rf", str(self.data), *map(str, actual.parent.glob(f"{actual.name}*"))], check=True)

    def end_jobs(self) -> None:
        """No agent works any more: jobs outlive their server, and wait for it."""
        for job in map(JobFolder, (self.data / "runs").glob("*/")):
            state = job.state()
            if state.status != "completed" and state.pid:
                os.kill(state.pid, signal.SIGTERM)
                until(lambda job=job: job.state().status == "completed", 60, f"the job in {job.path} never ended")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; the owner asks. A refusal is an answer too: its problem."""
        self._sign_in()
        return self._send(method, path, body)

    def cookie(self) -> Any:
        """The owner's session, as a browser would keep it."""
        self._sign_in()
        [kept] = self._jar
        return {"name": kept.name, "value": kept.value, "url": self.url}

    def new_issue(self, title: str, **more: Any) -> str:
        """A new issue's identifier."""
        return str(self.ask("POST", "/api/issues", {"title": title} | more)["identifier"])

    def spawn(self, ref: str, workflow: str = "prd-investigate", **more: Any) -> dict[str, Any]:
        """What became of the wish for a run."""
        return dict(self.ask("POST", f"/api/issues/{ref}/spawn", {"workflow": workflow} | more))

    def finished_run(self, ref: str, *, seconds: float = 180) -> dict[str, Any]:
        """The issue's newest run, once it has ended."""

        def ended() -> Any:
            runs = self.ask("GET", f"/api/issues/{ref}/runs")["items"]
            return runs[0] if runs and runs[0]["state"] == "finished" else None

        return until(ended, seconds, f"the run of {ref} never ended")

    def hear(self, event: str, body: dict[str, Any]) -> None:
        """GitHub has told of something in the repository that agents work on."""
        told = {"repository": {"full_name": self.repository()}, "sender": {"login": "ada"}} | body
        raw = json.dumps(told).encode()
        self._deliveries += 1
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": f"delivery-{self._deliveries}",
            "X-Hub-Signature-256": hooks.sign(raw),
        }
        urllib.request.urlopen(urllib.request.Request(self.url + "/api/github/webhook", raw, headers), timeout=30).close()

    def report(self, *alerts: dict[str, Any]) -> None:
        """Alertmanager has told of these alerts."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {ALERT_SECRET}"}
        raw = json.dumps({"version": "4", "status": "firing", "alerts": alerts}).encode()
        urllib.request.urlopen(urllib.request.Request(self.url + "/api/loki/webhook", raw, headers), timeout=30).close()

    def repository(self) -> str:
        """What its agents work on."""
        return str(self.ask("GET", "/api/instance")["repository"])

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """Every frame of the run, as the feed has them."""
        frames: list[dict[str, Any]] = []
        while page := self.ask("GET", f"/api/feed/run:{run_id}?after={frames[-1]['seq'] if frames else 0}")["frames"]:
            frames += page
        return frames

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        folder = place.data_place(self.data / "postgres", place.lesser_account())
        notes = json.loads(folder.with_name(f"{folder.name}.json").read_text())
        with psycopg.connect(f"postgresql://dispatch:{notes['password']}@127.0.0.1:{notes['port']}/dispatch") as conn:
            return conn.execute(query).fetchall()  # type: ignore[call-overload]

    def _settings(self, claude: Path) -> dict[str, str]:
        """Nobody outside is asked, and GitHub and Alertmanager may tell."""
        doors = {"GITHUB_WEBHOOK_SECRET": hooks.SECRET, "GITHUB_OIDC_ISSUER": "http://127.0.0.1:9", "LOKI_WEBHOOK_SECRET": ALERT_SECRET}
        return {"PORT": str(self.port), "DISPATCH_PASSWORD": PASSWORD, "DISPATCH_CLAUDE": str(claude)} | doors

    def _sign_in(self) -> None:
        if not len(self._jar):
            self._send("POST", "/api/auth", {"password": PASSWORD})

    def _answers(self) -> bool:
        try:
            return bool(self._send("GET", "/api/health", None))
        except OSError:
            return False

    def _send(self, method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "X-Requested-With": "dispatch"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with self._opener.open(request, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            text = error.read()
        return json.loads(text) if text else None


def until(look: Callable[[], Any], seconds: float, complaint: str | Callable[[], str]) -> Any:
    """What `look` gives, as soon as it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(complaint if isinstance(complaint, str) else complaint())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
