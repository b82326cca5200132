"""Lambda's runtime interface, small: a built bundle runs in a folder and an environment of its own, and is sent events.

The folders are as Lambda lays them out: `var/task` is the bundle, `opt` its layers on one another, `var/runtime` what the runtime
brings (its client, boto3). Python is started without `site`: nothing else can be imported.
"""

import json
import os
import queue
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from infra.laptop.processes import end_with_parent

API = "/2018-06-01/runtime"
PATIENCE_S = 60.0
KEYS = {
    "AWS_ACCESS_KEY_ID": "the-key",
    "AWS_SECRET_ACCESS_KEY": "the-secret",
    "AWS_SESSION_TOKEN": "the-session",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}
ENDED = object()


class FunctionFailed(Exception):
    """The function did not start, or raised; the message is what it told Lambda."""


@dataclass(frozen=True)
class Place:
    """Where a function lies, and the Python that runs it."""

    root: Path
    python: str

    def command(self, handler: str) -> list[str]:
        """What Lambda starts."""
        return [self.python, "-S", "-m", "awslambdaric", handler.replace(":", ".")]

    def environment(self, handler: str, settings: Mapping[str, str]) -> dict[str, str]:
        """What Lambda sets, and the function's own settings."""
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONPATH": ":".join(str(self.root / folder) for folder in ("var/task", "opt/python", "var/runtime")),
            "PYTHONDONTWRITEBYTECODE": "1",  # there, all of it is read-only
            "LAMBDA_TASK_ROOT": str(self.root / "var/task"),
            "LAMBDA_RUNTIME_DIR": str(self.root / "var/runtime"),
            "_HANDLER": handler.replace(":", "."),
            "AWS_LAMBDA_FUNCTION_NAME": "dispatch",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            **KEYS,
            **settings,
        }


def lay_out(root: Path, *, bundle: Path, layers: list[Path], runtime: Path, python: str) -> Place:
    """The folders of a container, made of links."""
    (root / "var").mkdir(parents=True)
    (root / "var" / "task").symlink_to(bundle)
    (root / "var" / "runtime").symlink_to(runtime)
    (root / "opt" / "python").mkdir(parents=True)
    for layer in layers:
        for entry in (layer / "python").iterdir():
            (root / "opt" / "python" / entry.name).symlink_to(entry)
    return Place(root, python)


class Container:
    """One running function. It takes one event at a time."""

    def __init__(self, process: subprocess.Popen[bytes], api: "_Server", log: Path) -> None:
        self._process, self._api, self._log = process, api, log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        """What the function wrote."""
        return self._log.read_text(errors="replace")

    def wait_until_ready(self) -> float:
        """The moment, by the monotonic clock, at which it first asked for an event. Raises FunctionFailed."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._api.asked.wait(0.01):
            if self._api.failure or self._process.poll() is not None or time.monotonic() > deadline:
                raise FunctionFailed(f"It did not start: {self._api.failure}\n{self.log}")
        return self._api.asked_at

    def invoke(self, event: Any) -> Any:
        """What the function answers. Raises FunctionFailed."""
        self._api.events.put(json.dumps(event).encode())
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                kind, body = self._api.answers.get(timeout=0.2)
            except queue.Empty:
                if self._api.failure or self._process.poll() is not None or time.monotonic() > deadline:
                    raise FunctionFailed(f"No answer: {self._api.failure}\n{self.log[-4000:]}") from None
                continue
            if kind == "error":
                raise FunctionFailed(f"{body.decode()}\n{self.log[-4000:]}")
            return json.loads(body)


@contextmanager
def running(place: Place, handler: str, settings: Mapping[str, str]) -> Iterator[Container]:
    """A container of the function, until the end of the block."""
    api = _Server()
    log = place.root / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            place.command(handler),
            cwd=place.root / "var" / "task",
            env=place.environment(handler, settings) | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509 - loaded before the fork
        )
    try:
        yield Container(process, api, log)
    finally:
        api.events.put(ENDED)
        process.kill()
        process.wait()
        api.shutdown()
        api.server_close()


class _Server(ThreadingHTTPServer):
    """What Lambda says to a container, and hears of it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.events: queue.Queue[Any] = queue.Queue()
        self.answers: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.asked = threading.Event()
        self.asked_at = 0.0
        self.failure = ""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A container that was ended hangs up in the middle."""


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every call waits 40 ms for an acknowledgement
    wbufsize = -1  # an answer is one write
    server: _Server

    def do_GET(self) -> None:
        if not self.server.asked.is_set():
            self.server.asked_at = time.monotonic()
            self.server.asked.set()
        event = self.server.events.get()
        if event is ENDED:
            self.close_connection = True
            return
        self._answer(
            200,
            event,
            {
                "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + PATIENCE_S) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:dispatch",
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            },
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        what = self.path.removeprefix(API).rpartition("/")[2]
        if self.path == f"{API}/init/error":
            self.server.failure = body.decode()
        elif what in {"response", "error"}:
            self.server.answers.put((what, body))
        self._answer(202, b"")

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def cpu_seconds(pid: int) -> float:
    """CPU that the process used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """The most memory it has had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
