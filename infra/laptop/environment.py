"""What the functions find in their environment on a laptop: the addresses of its doors, and secrets where the person gave none.

The real environment wins over `.env`, and both over what is made here.
"""

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from infra.laptop import job, model
from infra.laptop.folder import DataFolder
from infra.laptop.problems import BadInputError

ROOT = Path(__file__).parents[2]  # the project's folder
DEFAULT_PORT = 3002
EVERYWHERE = {"0.0.0.0", "127.0.0.1", "localhost", "::", ""}  # noqa: S104 compared with, not bound to
FOR_JOBS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "DISPATCH_API_KEY")


@dataclass(frozen=True)
class Choices:
    """What the person chose, by their environment."""

    host: str
    port: int
    database_url: str | None
    target: Path | None
    uses_github: bool
    is_scripted: bool
    has_password: bool
    has_logs: bool

    @property
    def inner_url(self) -> str:
        """Where this process reaches its own doors."""
        return f"http://{'127.0.0.1' if self.host in EVERYWHERE else self.host}:{self.port}"


def read_dotenv(path: Path) -> None:
    """Every `KEY=VALUE` line of the file is in the environment, unless the environment has the key already."""
    if not path.is_file():
        return
    for number, raw in enumerate(path.read_text().splitlines(), start=1):
        line = raw.strip().removeprefix("export ")
        if not line or line.startswith("#"):
            continue
        name, is_pair, value = line.partition("=")
        if not is_pair or not name.strip().isidentifier():
            raise BadInputError(f"{path} line {number} is not KEY=VALUE.")
        os.environ.setdefault(name.strip(), _unquoted(value.strip()))


def read_choices(environ: Mapping[str, str]) -> Choices:
    """The choices in `environ`. Raises BadInputError for a port that is none."""
    port = environ.get("PORT") or str(DEFAULT_PORT)
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadInputError(f"PORT is {port!r}; it has to be a number from 1 to 65535.")
    target = environ.get("TARGET_REPO")
    return Choices(
        host=environ.get("HOST") or "127.0.0.1",
        port=int(port),
        database_url=environ.get("PG_DATABASE_URL") or None,
        target=Path(target).expanduser().absolute() if target else None,
        uses_github=bool((environ.get("GITHUB_TOKEN") or environ.get("GITHUB_APP_ID")) and environ.get("GITHUB_REPO") and not target),
        is_scripted=model.is_needed(environ),
        has_password=bool(environ.get("DISPATCH_PASSWORD")),
        has_logs=bool(environ.get("LOKI_URL") and environ.get("LOKI_SELECTOR")),
    )


def for_functions(choices: Choices, folder: DataFolder, *, repository: Path | None) -> dict[str, str]:
    """What has to be in the environment before a handler is imported. `repository` None means real GitHub."""
    environ = os.environ
    public = environ.get("PUBLIC_URL") or f"http://localhost:{choices.port}"
    made = {
        "PORT": str(choices.port),
        "PUBLIC_URL": public,
        "DISPATCH_PASSWORD": environ.get("DISPATCH_PASSWORD") or folder.secret("password"),
        "DISPATCH_API_KEY": environ.get("DISPATCH_API_KEY") or folder.secret("api-key"),
        "SOCKETS_ENDPOINT": choices.inner_url,
        "SOCKETS_URL": environ.get("SOCKETS_URL") or f"{public.replace('http', 'ws', 1).rstrip('/')}/ws",
        "INSTANCE_HINTS": environ.get("INSTANCE_HINTS") or "\n".join(hints(choices, repository)),
    }
    if repository:
        made |= {
            "GITHUB_API_URL": f"{choices.inner_url}/github",
            "GITHUB_REPO": f"laptop/{repository.name}",
            "GITHUB_TOKEN": folder.secret("github-token"),
        }
    if choices.is_scripted:
        made |= {"ANTHROPIC_API_KEY": "scripted", "ANTHROPIC_BASE_URL": f"{choices.inner_url}/model"}
    return made


def prepare_for_aws(environ: MutableMapping[str, str], *, sqs_url: str) -> None:
    """Unmodified AWS clients find the laptop's queue. Who uses Bedrock keeps their own credentials: the queue takes any."""
    environ.update({"AWS_ENDPOINT_URL_SQS": sqs_url, "AWS_DEFAULT_REGION": aws_region(environ)})
    if environ.get("MODEL_PROVIDER", "").strip().lower() == "bedrock":
        return
    environ.update({"AWS_ACCESS_KEY_ID": "laptop", "AWS_SECRET_ACCESS_KEY": "laptop"})
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        environ.pop(name, None)


def aws_region(environ: Mapping[str, str]) -> str:
    """The region that clients sign for, and so the one in which the laptop's queues have to be."""
    return environ.get("AWS_DEFAULT_REGION") or environ.get("AWS_REGION") or "us-east-1"


def for_jobs(choices: Choices, environ: Mapping[str, str]) -> dict[str, str]:
    """What a job on this machine is told, as secrets and variables of a repository on GitHub would tell it."""
    given = {name: environ[name] for name in FOR_JOBS if environ.get(name)}
    if choices.is_scripted:
        given = {"DISPATCH_API_KEY": environ["DISPATCH_API_KEY"], job.SCRIPTED: "1"}
    return given | {"DISPATCH_API_URL": choices.inner_url}


def hints(choices: Choices, repository: Path | None) -> list[str]:
    """What a first visitor should know about this instance."""
    told: list[str] = []
    if choices.is_scripted:
        told.append("The model is scripted: it plays common requests. Set ANTHROPIC_API_KEY and start again for a real one.")
    if repository and choices.target is None:
        told.append("Agents work on a small demo repository. Set TARGET_REPO=/path/to/a/repository and start again for your own.")
    return told


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value.partition(" #")[0].rstrip()
