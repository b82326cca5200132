"""The data folder `.dispatch/`: who uses it now, and the secrets made for it."""

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO


class InUseError(Exception):
    """Another `dispatch up` runs on this data folder. Its address is the message."""


@dataclass
class DataFolder:
    """A data folder that this process alone uses, until it ends."""

    path: Path
    _lock: IO[str]

    def secret(self, name: str) -> str:
        """The secret of this name, made at the first call and kept in a file that only this user can read."""
        file = self.path / name
        try:
            kept = file.read_text().strip()
        except FileNotFoundError:
            kept = ""
        if kept:
            return kept
        made = secrets.token_urlsafe(18)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
            new.write(f"{made}\n")
        return made

    def announce(self, url: str) -> None:
        """A second `dispatch up` will say that this one is at `url`."""
        self._lock.seek(0)
        self._lock.truncate()
        json.dump({"url": url, "pid": os.getpid()}, self._lock)
        self._lock.flush()


def take(path: Path) -> DataFolder:
    """The folder, made if need be, for this process alone. Raises InUseError with the address of who has it."""
    path.mkdir(parents=True, exist_ok=True)
    lock = (path / "up.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        address = _address(lock)
        lock.close()
        raise InUseError(address) from error
    return DataFolder(path, lock)


def refuse_in_use(path: Path) -> None:
    """Raises InUseError if somebody has the folder; makes nothing."""
    if (path / "up.lock").exists():
        take(path)._lock.close()


def _address(lock: IO[str]) -> str:
    lock.seek(0)
    try:
        return str(json.load(lock)["url"])
    except (ValueError, KeyError):
        return "still starting"
