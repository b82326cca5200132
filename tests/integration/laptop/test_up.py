"""`dispatch up` as a person uses it: a process, its words, its exit code, what it leaves behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from infra.laptop import postgres
from infra.laptop.postgres import leftovers, place

ROOT = Path(__file__).parents[3]
SLOW = pytest.mark.timeout(180)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Up:
    """One `dispatch up` in a data folder of its own."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.port = int(settings.get("PORT") or free_port())
        program = data.with_name("claude")
        program.touch()
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC", "GITHUB_", "PG", "DISPATCH_"))}
        environment = clean | {"PORT": str(self.port), "DISPATCH_CLAUDE": str(program)} | settings
        words = [sys.executable, "-m", "infra.cli", "up", "--no-build", "--data", str(data)]
        self.process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_open(self) -> "Up":
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C stops it" in line:
                return self
        pytest.fail(f"it never opened:\n{self.said}")

    def wait_until_over(self, seconds: float = 60) -> int:
        rest, _ = self.process.communicate(timeout=seconds)
        self.said += rest
        return self.process.returncode

    def database(self) -> str:
        notes = json.loads(self.postgres().with_name(f"{self.postgres().name}.json").read_text())
        return f"postgresql://dispatch:{notes['password']}@127.0.0.1:{notes['port']}/dispatch"

    def postgres(self) -> Path:
        return place.data_place(self.data / "postgres", place.lesser_account())


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    actual = place.data_place(folder / "postgres", place.lesser_account())
    for leftover in actual.parent.glob(f"{actual.name}*"):
        while leftover.exists():  # a database whose server was killed may still be on its way down, and write there
            subprocess.run(["rm", "-rf", str(leftover)], check=False)


@pytest.fixture
def start(data: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def begin(**settings: str) -> Up:
        started.append(Up(data, **settings))
        return started[-1]

    yield begin
    for up in started:
        up.process.kill()
        up.process.wait()


def get(url: str, **headers: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@SLOW
def test_it_opens_says_how_to_sign_in_and_stops_within_5_seconds_leaving_nothing(start: Callable[..., Up]) -> None:
    up = start().wait_until_open()

    assert f"http://localhost:{up.port}" in up.said
    password = re.search(r"password (\S+) \(kept in (\S+)\)", up.said)
    assert password
    assert Path(password[2]).read_text().strip() == password[1]
    assert all((up.data / name).stat().st_mode & 0o777 == 0o600 for name in ("password", "api-key", "github-token"))
    assert (up.data / "demo" / ".git").is_dir()
    assert get(f"{up.url}/api/health")[0] == 200
    assert "\x1b" not in up.said
    with psycopg.connect(up.database()) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM schema_migration").fetchone() == (True,)

    before = time.monotonic()
    up.process.send_signal(signal.SIGINT)

    assert up.wait_until_over() == 0
    assert time.monotonic() - before < 5
    assert leftovers.running_on(up.postgres()) == []


@SLOW
@pytest.mark.skipif(os.geteuid() != 0, reason="only root's Postgres runs as somebody else")
def test_data_that_nobody_could_not_reach_lies_elsewhere_and_that_is_said(start: Callable[..., Up]) -> None:
    up = start()
    assert up.data.parent.stat().st_mode & 0o001 == 0  # pytest keeps its folders closed

    up.wait_until_open()

    assert f"its data is in {up.postgres()}" in up.said
    assert (up.postgres() / "PG_VERSION").exists()


@SLOW
def test_the_same_secrets_and_data_are_there_after_kill_9(start: Callable[..., Up]) -> None:
    first = start().wait_until_open()
    with psycopg.connect(first.database()) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    said = re.findall(r"password (\S+)", first.said)

    first.process.kill()
    first.process.wait()
    second = start().wait_until_open()

    assert re.findall(r"password (\S+)", second.said) == said
    with psycopg.connect(second.database()) as connection:
        connection.execute("SELECT n FROM kept")
    second.process.terminate()
    assert second.wait_until_over() == 0


@SLOW
def test_a_second_one_in_the_same_folder_says_where_the_first_is(start: Callable[..., Up]) -> None:
    first = start().wait_until_open()

    second = start()

    assert second.wait_until_over() == 0
    assert f"already runs on {first.data}: http://localhost:{first.port}" in second.said
    assert get(f"{first.url}/api/health")[0] == 200


def test_a_port_in_use_is_named_with_the_way_out(start: Callable[..., Up], data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        up = start(PORT=str(port))

        assert up.wait_until_over() == 2

    assert f"Port {port} is in use" in up.said
    assert f"PORT={port + 1} make up" in up.said
    assert not data.exists()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"TARGET_REPO": "/nowhere/at/all"}, "not a folder on this machine"),
        ({"TARGET_REPO": "/"}, "not a git repository"),
        ({"PORT": "many"}, "PORT is 'many'"),
        ({"PORT": "99999"}, "a number from 1 to 65535"),
        ({"PG_DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "PG_DATABASE_URL cannot be used"),
        ({"HOST": "192.0.2.1"}, "cannot listen on 192.0.2.1"),
        ({"DAILY_COST_LIMIT_USD": "lots"}, "DAILY_COST_LIMIT_USD cannot be read"),
        ({"MAX_AGENT_COST_PER_RUN": "5000"}, "MAX_AGENT_COST_PER_RUN cannot be read"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(data: Path, settings: dict[str, str], sentence: str) -> None:
    words = [sys.executable, "-m", "infra.cli", "up", "--no-build", "--data", str(data)]
    environment = os.environ | {"PORT": str(free_port())} | settings

    answer = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)

    assert answer.returncode == 2
    assert sentence in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr
    assert not data.exists()


def test_a_repository_without_commits_is_refused(data: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    subprocess.run(["git", "init", "-q", str(empty)], check=True)
    environment = os.environ | {"PORT": str(free_port()), "TARGET_REPO": str(empty)}

    words = [sys.executable, "-m", "infra.cli", "up", "--no-build", "--data", str(data)]
    answer = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)

    assert (answer.returncode, "has no commits yet" in answer.stdout) == (2, True)


@SLOW
def test_a_database_and_a_repository_of_ones_own_are_used(start: Callable[..., Up], tmp_path: Path) -> None:
    own = tmp_path / "own" / "shop"
    subprocess.run(["git", "init", "-q", "-b", "main", str(own)], check=True)
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid"]
    subprocess.run(["git", "-C", str(own), *identity, "commit", "-q", "--allow-empty", "-m", "One"], check=True)
    with postgres.start(tmp_path / "elsewhere" / "postgres", durable=False) as server:
        up = start(PG_DATABASE_URL=server.url, TARGET_REPO=str(own), DISPATCH_PASSWORD="mine").wait_until_open()

        assert "Sign in with your DISPATCH_PASSWORD." in up.said
        assert f"Agents work on {own}." in up.said
        assert "Production's logs are not connected." in up.said
        assert not (up.data / "demo").exists()
        assert not (up.data / "postgres").exists()
        assert not (up.data / "password").exists()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT count(*) > 0 FROM schema_migration").fetchone() == (True,)
        up.process.terminate()
        assert up.wait_until_over() == 0
    server.remove()


@SLOW
def test_the_scripted_model_is_there_only_without_a_key(start: Callable[..., Up]) -> None:
    up = start(ANTHROPIC_API_KEY="sk-real").wait_until_open()

    assert "The model is scripted" not in up.said
    assert get(f"{up.url}/model/v1/messages")[1] == get(f"{up.url}/any/screen")[1]


@SLOW
def test_only_who_shows_the_token_starts_agents(start: Callable[..., Up]) -> None:
    up = start().wait_until_open()
    token = (up.data / "github-token").read_text().strip()

    assert get(f"{up.url}/github/repos/laptop/demo/actions/runs/1")[0] == 401
    assert get(f"{up.url}/github/repos/laptop/demo/actions/runs/1", Authorization=f"Bearer {token}")[0] == 404
    assert get(f"{up.url}/model/")[0] == 200
