"""A real Alertmanager, and the real door that it tells: both may be stopped and started again."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from tests import alerts

ROOT = Path(__file__).parents[3]
NAMES = ("prometheus-alertmanager", "alertmanager")
PATIENCE_S = 60
BEGAN = datetime.now(UTC)  # a ruler tells the same beginning each time


def find_program(*names: str) -> str:
    """One of these programs, this machine's or the one that `tests/need-alertmanager` fetched."""
    path = os.pathsep.join([os.environ.get("PATH", ""), str(ROOT / ".alertmanager/usr/bin")])
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    assert found, f"{names[0]} is missing: run `sh tests/need-alertmanager`"
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def until(is_so: Callable[[], Any], *, what: str) -> Any:
    """What `is_so` gives once it gives anything."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := is_so()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


class Server:
    """Our door of webhooks, in a process of its own."""

    def __init__(self, folder: Path, database: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("layers/dispatch/python", "")),
            "PG_DATABASE_URL": database,
            "LOKI_WEBHOOK_SECRET": alerts.SECRET,
            "SPAWN_KILL_SWITCH": "true",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/loki/webhook"

    def start(self) -> None:
        """It answers."""
        with (self._folder / "server.log").open("ab") as log:
            words = [sys.executable, "-m", "tests.integration.alerts.server", str(self.port), str(self._folder)]
            self._process = subprocess.Popen(words, cwd=ROOT, env=self._environment, stdout=log, stderr=log)
        until(lambda: is_answered(self.url), what="the door never opened:\n" + (self._folder / "server.log").read_text())

    def kill(self) -> None:
        """It is gone from one moment to the next."""
        assert self._process
        self._process.kill()
        self._process.wait()


class Alertmanager:
    """The real one, which tells our door of what it is told, within moments."""

    def __init__(self, folder: Path, *, tells: str) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        receiver = {
            "name": "dispatch",
            "webhook_configs": [
                {
                    "url": tells,
                    "send_resolved": True,
                    "http_config": {"authorization": {"type": "Bearer", "credentials": alerts.SECRET}},
                }
            ],
        }
        route = {
            "receiver": "dispatch",
            "group_by": ["alertname"],
            "group_wait": "200ms",
            "group_interval": "500ms",
            "repeat_interval": "1h",
        }
        (folder / "alertmanager.yml").write_text(yaml.safe_dump({"route": route, "receivers": [receiver]}))

    def start(self) -> None:
        """It takes alerts."""
        words = [
            find_program(*NAMES),
            f"--config.file={self._folder / 'alertmanager.yml'}",
            f"--storage.path={self._folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--cluster.listen-address=",
        ]
        with (self._folder / "alertmanager.log").open("ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        until(lambda: is_answered(f"http://127.0.0.1:{self._port}/-/ready"), what="Alertmanager never was ready")

    def stop(self) -> None:
        """It was asked to stop, and has: what it has told is written down."""
        assert self._process
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    def tell(self, *told: dict[str, Any]) -> None:
        """A ruler has told it of these alerts."""
        body = json.dumps(told).encode()
        asked = urllib.request.Request(f"http://127.0.0.1:{self._port}/api/v2/alerts", body, {"content-type": "application/json"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert answer.status == 200


def is_answered(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def ruled(
    message: str, *, name: str = "Errors", feature: str = "charge", count: int = 7, minutes: float = 10, over: bool = False
) -> dict[str, Any]:
    """An alert as a ruler tells of it, again and again while it fires: it began so many minutes ago."""
    now = datetime.now(UTC)
    began = BEGAN - timedelta(minutes=minutes)
    return {
        "labels": {"alertname": name, "source": "billing", "feature": feature, "severity": "error", "msg": message},
        "annotations": {"msg": message, "event_count": str(count)},
        "startsAt": began.isoformat(),
        "endsAt": (now - timedelta(seconds=1) if over else now + timedelta(minutes=4)).isoformat(),
        "generatorURL": "http://loki.local/graph",
    }


@pytest.fixture
def server(tmp_path: Path, database: str) -> Iterator[Server]:
    """Our door, open."""
    made = Server(tmp_path, database)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def alertmanager(tmp_path: Path, server: Server) -> Iterator[Alertmanager]:
    """An Alertmanager that tells our door."""
    made = Alertmanager(tmp_path, tells=server.url)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def seen(database: str) -> Callable[[], dict[str, tuple[int, bool]]]:
    """Each error that has an issue: how often it was seen, and whether it fires."""

    def ask() -> dict[str, tuple[int, bool]]:
        with psycopg.connect(database) as conn:
            rows = conn.execute(
                """
                SELECT family.message, family.occurrences, EXISTS (SELECT FROM sighting WHERE family_id = family.id AND fires)
                FROM family JOIN issue ON issue.id = family.issue_id
                """
            ).fetchall()
        return {message: (occurrences, fires) for message, occurrences, fires in rows}

    return ask
