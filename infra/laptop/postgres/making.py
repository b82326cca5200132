"""Making a data folder, the database in it, and the process that serves it. When this happens is decided in `server.py`."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from infra.laptop.postgres.errors import PostgresError
from infra.laptop.postgres.place import Account
from infra.laptop.processes import end_with_parent

USER = DATABASE = "dispatch"
LOCALE = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # the same on every system


def make_data(data_dir: Path, password: str, programs: Path, account: Account | None) -> None:
    """`data_dir` holds a fresh cluster. It is made in a draft folder, so that a killed initdb leaves nothing that looks finished."""
    draft = data_dir.with_name(f"{data_dir.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.TemporaryDirectory(dir=data_dir.parent, prefix=".initdb-") as folder:
        word = Path(folder) / "password"
        word.write_text(password)
        if account:
            for path in (draft, word, Path(folder)):
                account.owns(path)
        command = [str(programs / "initdb"), "-D", str(draft), "-U", USER, "-A", "scram-sha-256", f"--pwfile={word}", "-E", "UTF8", *LOCALE]
        with (Path(folder) / "output").open("w+b") as output:
            code = launch(command, account, output).wait()
            output.seek(0)
            words = output.read().decode(errors="replace").strip()
    if code != 0:
        raise PostgresError(f"The database could not be made in {data_dir}: {words[-600:]}")
    draft.rename(data_dir)


def make_database(url: str) -> None:
    """The database `dispatch` is on the server behind `url`."""
    try:
        connecting = psycopg.connect(url, autocommit=True)
    except psycopg.Error as error:
        raise PostgresError(f"The embedded database does not let us in: {error}") from error
    with connecting as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def launch(command: list[str], account: Account | None, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """The program runs as `account`, ends with us, and is in its own session: Ctrl-C is for us, and we say when it stops."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=end_with_parent(signal.SIGINT),  # noqa: PLW1509 one call into libc; SIGINT is a fast, clean shutdown
    )
