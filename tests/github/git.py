"""Git over HTTP, as `git http-backend` serves it, behind a door that asks for a token and what it may do."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


def git(place: Path, *words: str, stdin: bytes = b"") -> str:
    """What git says in `place`, as nobody in particular."""
    identity = ["-c", "user.name=Shop", "-c", "user.email=shop@example.invalid", "-c", "safe.directory=*"]
    done = subprocess.run(["git", *identity, *words], cwd=place, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr.decode()}"
    return done.stdout.decode().strip()


@dataclass(frozen=True)
class GitRequest:
    """One request of git's, below a repository's address: `info/refs`, `git-upload-pack` or `git-receive-pack`."""

    method: str
    what: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_push(self) -> bool:
        """Whether it would change the repository."""
        return "git-receive-pack" in (self.what, self.query.removeprefix("service="))


def serve(folder: Path, repository: str, request: GitRequest, login: str) -> tuple[int, dict[str, str], bytes]:
    """git's own answer: status, headers, body."""
    told = {
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "PATH": os.environ["PATH"],
        "PATH_INFO": f"/{repository}.git/{request.what}",
        "QUERY_STRING": request.query,
        "REQUEST_METHOD": request.method,
        "REMOTE_USER": login,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "HTTP_GIT_PROTOCOL": request.headers.get("git-protocol", ""),
    }
    done = subprocess.run(["git", "http-backend"], input=request.body, env=told, capture_output=True, check=True)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(headers.pop("Status", "200").split()[0]), headers, body
