"""One embedded Postgres server: made, started, watched and stopped.

It listens on 127.0.0.1 with a password, never on a unix socket; it ends with its parent; if it is killed, a thread starts it again
on the same port.
"""

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, Self

from infra.laptop.postgres import leftovers
from infra.laptop.postgres.errors import PostgresError
from infra.laptop.postgres.making import DATABASE, USER, launch, make_data, make_database
from infra.laptop.postgres.place import data_place, lesser_account, programs_dir

START_PATIENCE_S = 30.0
STOP_PATIENCE_S = 4.0  # `dispatch up` promises to be gone within 5
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "synchronous_commit": "on",
    "io_method": "sync",  # io workers are three more processes that a laptop does not need
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def start(data_dir: Path, *, durable: bool = True) -> "Server":
    """A running server on `data_dir`, made first if it is not there, with an empty database `dispatch` on its first start.

    `durable=False` is for tests: nothing waits for the disk. Raises PostgresError when another process uses the data.
    """
    server = Server(data_dir, durable=durable)
    server.start()
    return server


class Server:
    """A Postgres on one data folder; the face is `url`, `url_for`, `data_dir` and `stop`."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._account = lesser_account()
        self.data_dir = data_place(data_dir, self._account)
        self._durable = durable
        self._programs = programs_dir(self._account)
        self._notes = self.data_dir.with_name(f"{self.data_dir.name}.json")
        self._log = self.data_dir.with_name(f"{self.data_dir.name}.log")
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self._guard: threading.Thread | None = None
        self.password = ""
        self.port = 0

    @property
    def url(self) -> str:
        """Where the database `dispatch` is, with its password."""
        return self.url_for(DATABASE)

    @property
    def pid(self) -> int | None:
        """The process of the server, while it runs."""
        return self._process.pid if self._process else None

    def url_for(self, database: str) -> str:
        """Where any database of this server is, with its password."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """The server answers and has its database; a thread keeps it running."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._read_notes()
            if not (self.data_dir / "PG_VERSION").exists():
                make_data(self.data_dir, self.password, self._programs, self._account)
            self._start_guard()
            make_database(self.url_for("postgres"))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """The server is gone, after a clean shutdown where there was time for one."""
        self._stopping.set()
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        if self._guard and self._guard is not threading.current_thread():
            self._guard.join(STOP_PATIENCE_S)
            if self._guard.is_alive() and self._process:
                self._process.send_signal(signal.SIGQUIT)  # recovered from the log at the next start
                self._guard.join(STOP_PATIENCE_S)
        if self._lock:
            self._lock.close()

    def remove(self) -> None:
        """The server is stopped and its data is gone for good: for tests."""
        self.stop()
        shutil.rmtree(self.data_dir, ignore_errors=True)
        for ending in ("json", "log", "lock"):
            self.data_dir.with_name(f"{self.data_dir.name}.{ending}").unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _take_lock(self) -> None:
        path = self.data_dir.with_name(f"{self.data_dir.name}.lock")
        self._lock = path.open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise PostgresError(f"The database in {self.data_dir} is in use by another Dispatch on this machine.") from error

    def _read_notes(self) -> None:
        """The password and port of last time; new ones on the first."""
        try:
            notes = json.loads(self._notes.read_text())
        except (OSError, ValueError):
            notes = {}
        self.password = notes.get("password") or secrets.token_urlsafe(24)
        self.port = notes.get("port") or 0
        self._write_notes()

    def _write_notes(self) -> None:
        draft = self._notes.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"password": self.password, "port": self.port}, file)
        draft.replace(self._notes)

    def _start_guard(self) -> None:
        self._guard = threading.Thread(target=self._keep_running, name="postgres", daemon=True)
        self._guard.start()
        self._ready.wait(START_PATIENCE_S + 5)
        if self._failure:
            raise self._failure
        if not self._ready.is_set():
            raise PostgresError(f"Postgres did not start in {START_PATIENCE_S:.0f} s. Its log: {self._log}")

    def _keep_running(self) -> None:
        """The guard's life. It starts the server itself because PDEATHSIG counts from the thread that started the child."""
        try:
            while not self._stopping.is_set():
                self._start_process()
                self._ready.set()
                if self._process:
                    self._process.wait()
        except Exception as error:  # noqa: BLE001 the thread that waits for `_ready` raises it
            self._failure = error
            self._ready.set()

    def _start_process(self) -> None:
        deadline = time.monotonic() + START_PATIENCE_S
        while not self._stopping.is_set():
            leftovers.clear(self.data_dir)
            self._choose_port()
            self._process = self._spawn()
            if self._wait_until_ready(deadline):
                return
            if time.monotonic() > deadline:
                raise PostgresError(f"Postgres did not start: {self._last_words()} (its log: {self._log})")
            time.sleep(0.2)

    def _choose_port(self) -> None:
        """The port of last time if it is free. A port already given out in a url is never changed."""
        if self._ready.is_set() or (self.port and _is_free(self.port)):
            return
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._write_notes()

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = SETTINGS | ({} if self._durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self.data_dir), "-p", str(self.port), *options]
        with self._log.open("wb") as log:
            return launch(command, self._account, log)

    def _wait_until_ready(self, deadline: float) -> bool:
        """Whether the server said in its lock file that it is ready; False when it ended instead."""
        while self._process and self._process.poll() is None and time.monotonic() < deadline:
            lines = _read_lines(self.data_dir / leftovers.LOCK_FILE)
            if len(lines) > 7 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.01)
        return False

    def _last_words(self) -> str:
        return next((line for line in reversed(_read_lines(self._log)) if "FATAL" in line or "ERROR" in line), "it gave no reason")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []
