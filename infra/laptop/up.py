"""`dispatch up`: the whole of Dispatch on this machine, step by step, each step harmless when it was done before."""

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import TypeVar

import uvloop
from rich.console import Console
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.laptop import claude, demo, environment, folder, frontend, model, postgres
from infra.laptop.actions import Actions
from infra.laptop.doors.all import Doors
from infra.laptop.doors.queues import Sqs
from infra.laptop.doors.site import Site
from infra.laptop.environment import ROOT, Choices
from infra.laptop.folder import DataFolder
from infra.laptop.problems import BadInputError, SetUpError
from infra.laptop.progress import Progress
from infra.laptop.repository import RepositoryError, check_repository

Answer = TypeVar("Answer")
MOST_LOG = 10 * 1024 * 1024

BAD_INPUT = 2
FAILED = 1


def up(data: Path, *, is_building: bool) -> int:
    """Everything runs until Ctrl-C or SIGTERM; returns the exit code. `is_building` False serves the site as it was built last."""
    progress = Progress(Console(file=sys.stdout))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with ExitStack() as stack:
            _run(data, progress, stack, is_building=is_building)
        progress.say("Stopped.")
    except folder.InUseError as error:
        progress.say(f"Dispatch already runs on {data}: {error}")
    except BadInputError as error:
        progress.complain(str(error))
        return BAD_INPUT
    except (SetUpError, postgres.PostgresError) as error:
        progress.complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        progress.say("Stopped.")
    return 0


def _run(data: Path, progress: Progress, stack: ExitStack, *, is_building: bool) -> None:
    environment.read_dotenv(ROOT / ".env")
    choices = environment.read_choices(os.environ)
    folder.refuse_in_use(data)
    sock = stack.enter_context(_bind(choices))
    _check(choices)
    ours = folder.take(data)
    ours.announce(f"http://localhost:{choices.port}")
    _log_to(data / "dispatch.log")
    starting_sqs = _soon(Sqs, environment.aws_region(os.environ))  # a second of importing, while the database starts
    os.environ["PG_DATABASE_URL"] = _database(choices, data, progress, stack)
    repository = _repository(choices, data, progress)
    if is_building:
        _site(progress)
    with progress.step("Doors"):
        doors = _doors(choices, ours, starting_sqs.result(), repository)
    _serve(doors, sock, lambda: _opened(progress, choices, ours, repository))


def _bind(choices: Choices) -> socket.socket:
    """The port is ours. Nobody is let in before everything is there."""
    family = socket.AF_INET6 if ":" in choices.host else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((choices.host, choices.port))
        if _is_answered(choices):
            raise OSError(errno.EADDRINUSE, "")
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise BadInputError(
                f"Port {choices.port} is in use by another program. Choose another one: PORT={choices.port + 1} make up"
            ) from error
        raise BadInputError(f"Dispatch cannot listen on {choices.host} port {choices.port}: {error.strerror}.") from error
    return sock


def _is_answered(choices: Choices) -> bool:
    """Whether somebody listens there who allows others to bind the same port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", choices.port)) == 0


def _check(choices: Choices) -> None:
    """What the person gave can be used. Nothing has been changed so far."""
    from dispatch.kit.settings import BadSetting, settings

    try:
        settings()
        settings.cache_clear()  # what is made here comes on top of it
        if choices.target:
            check_repository(choices.target)
        if choices.database_url:
            postgres.check_own_database(choices.database_url)
    except (BadSetting, RepositoryError, postgres.PostgresError) as error:
        raise BadInputError(str(error)) from error


def _database(choices: Choices, data: Path, progress: Progress, stack: ExitStack) -> str:
    from dispatch.kit import migrate

    url = choices.database_url
    if url is None:
        with progress.step("Postgres"):
            server = stack.enter_context(postgres.start(data / "postgres"))
        url = server.url
        if server.data_dir.parent != data.absolute():
            progress.say(f"  its data is in {server.data_dir}, because root's Postgres runs as `nobody`, who cannot enter {data}")
    with progress.step("Migrations") as tell:
        migrate.apply(url, tell=tell)
    return url


def _repository(choices: Choices, data: Path, progress: Progress) -> Path | None:
    """The folder agents work on; None when they work on GitHub."""
    if choices.uses_github:
        return None
    if choices.target:
        return check_repository(choices.target)
    with progress.step("Demo repository"):
        return demo.make(data / "demo")


def _site(progress: Progress) -> None:
    sources = ROOT / "frontend"
    if frontend.is_stale(sources):
        with progress.step("Site") as tell:
            frontend.build_if_stale(sources, tell=tell)
    elif not (sources / "package.json").is_file():
        progress.say("  There is no site to build: frontend/ has no package.json. The API works without it.")


def _doors(choices: Choices, ours: DataFolder, sqs: Sqs, repository: Path | None) -> Doors:
    """The doors, and the environment that the functions behind them will find when they are first called."""
    environment.prepare_for_aws(os.environ, sqs_url=sqs.url)
    os.environ |= environment.for_functions(choices, ours, repository=repository)
    more: dict[str, ASGIApp] = {}
    if choices.is_scripted:
        more["/model"] = _below("/model", model.door)
    if repository:
        told = environment.for_jobs(choices, os.environ)
        actions = Actions(os.environ["GITHUB_REPO"], repository, os.environ["GITHUB_TOKEN"], ours.path, told, os.environ["PUBLIC_URL"])
        actions.mend()
        more["/github"] = _below("/github", actions.door())
    doors = Doors(sqs, Site(ROOT / "frontend" / "build", sockets_url=os.environ["SOCKETS_URL"]), more=more)
    os.environ |= {setting: source.url for setting, source in doors.sources.items()}
    return doors


def _fetch_agent(data: Path, progress: Progress) -> None:
    """The agent CLI is there before the first run asks for it."""
    try:
        claude.ensure(data, tell=progress.say)
    except claude.NoClaudeError as error:
        progress.complain(str(error))


def _serve(doors: Doors, sock: socket.socket, opened: Callable[[], None]) -> None:
    async def serve() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, doors.close)
        await doors.open(sock, opened=opened)

    uvloop.run(serve())


def _opened(progress: Progress, choices: Choices, ours: DataFolder, repository: Path | None) -> None:
    """Says the address and how to sign in."""
    password = os.environ["DISPATCH_PASSWORD"]
    progress.say("")
    progress.say(f"Dispatch is up: {os.environ['PUBLIC_URL']}")
    kept = ours.path / "password"
    progress.say(
        "Sign in with your DISPATCH_PASSWORD." if choices.has_password else f"Sign in with the password {password} (kept in {kept})"
    )
    progress.say(f"Agents work on {repository or os.environ['GITHUB_REPO']}.")
    for hint in environment.hints(choices, repository):
        progress.say(hint)
    if not choices.has_logs:
        progress.say("Production's logs are not connected. Set LOKI_URL and LOKI_SELECTOR and start again, so that agents can ask them.")
    progress.say(f"Its log is {ours.path / 'dispatch.log'}. Ctrl-C stops it.")
    if repository:
        _soon(_fetch_agent, ours.path, progress)


def _below(prefix: str, app: ASGIApp) -> ASGIApp:
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "root_path": scope.get("root_path", "") + prefix}, receive, send)

    return mounted


def _log_to(path: Path) -> None:
    """What functions write to standard output goes where CloudWatch would keep it: the terminal is for the person."""
    if path.exists() and path.stat().st_size > MOST_LOG:
        path.replace(path.with_suffix(".old.log"))
    log = path.open("a", buffering=1)
    sys.stdout = log
    logging.basicConfig(stream=log, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("botocore", "boto3", "urllib3", "werkzeug", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _soon(call: Callable[..., Answer], *arguments: object) -> "Future[Answer]":
    """The call's answer, some time later, from a thread that keeps nobody from leaving."""
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(call(*arguments))
        except BaseException as error:  # noqa: BLE001 whoever asks for the result gets it
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
