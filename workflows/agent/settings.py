"""What a job is told by its environment, and the smaller environments it hands to the agent and to the repository's commands."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

GIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "Dispatch agent",
    "GIT_AUTHOR_EMAIL": "agent@dispatch.invalid",
    "GIT_COMMITTER_NAME": "Dispatch agent",
    "GIT_COMMITTER_EMAIL": "agent@dispatch.invalid",
}
MODEL_ACCESS = (
    *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"),
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
)
PROGRAMS = ("claude", "codex", "gemini")
MARK = "DISPATCH_AGENT_OF"  # carried by everything the runner starts, so that nothing of it can be left behind


class MissingSettingError(Exception):
    """A setting that this job cannot do without is not in the environment."""


@dataclass(frozen=True)
class GitHub:
    """What GitHub tells a job about itself. `token` may push and open pull requests; only the publish job has one."""

    repository: str
    run_id: str
    run_attempt: str
    server_url: str
    api_url: str
    token: str = field(repr=False)

    @staticmethod
    def read(environ: Mapping[str, str]) -> "GitHub | None":
        """What `environ` says; None on any other machine."""
        if not environ.get("GITHUB_REPOSITORY"):
            return None
        return GitHub(
            repository=environ["GITHUB_REPOSITORY"],
            run_id=environ.get("GITHUB_RUN_ID") or "",
            run_attempt=environ.get("GITHUB_RUN_ATTEMPT") or "",
            server_url=(environ.get("GITHUB_SERVER_URL") or "https://github.com").rstrip("/"),
            api_url=(environ.get("GITHUB_API_URL") or "https://api.github.com").rstrip("/"),
            token=environ.get("GITHUB_TOKEN") or "",
        )


@dataclass(frozen=True)
class Settings:
    """One job's settings. Times are in seconds. It shows who it is by `id_token_url` or, where that is empty, by `api_key`."""

    api_url: str
    api_key: str = field(repr=False)
    id_token_url: str
    id_token_request: str = field(repr=False)
    github: GitHub | None
    run_id: str
    generation: int
    worktree: Path
    configuration: Path | None  # the trusted dispatch.toml; None where the worktree's own is
    artifacts_dir: Path | None
    spool_dir: Path
    repository: Path | None
    programs: Mapping[str, str]  # an engine's name -> its CLI
    stall_s: float  # no event and no running tool for so long: the agent hangs
    grace_s: float  # how long the CLI may linger after its result
    patience_s: float  # how long the server may be away at the very end before the hand-in is given up
    model_access: Mapping[str, str] = field(repr=False)
    path: str = os.defpath

    @staticmethod
    def read(environ: Mapping[str, str] = os.environ) -> "Settings":
        """The settings that `environ` holds. Raises `MissingSettingError`, naming the variable."""
        return Settings(
            api_url=_required(environ, "DISPATCH_API_URL").rstrip("/"),
            api_key=_key(environ),
            id_token_url=environ.get("ACTIONS_ID_TOKEN_REQUEST_URL") or "",
            id_token_request=environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN") or "",
            github=GitHub.read(environ),
            run_id=_required(environ, "DISPATCH_RUN_ID"),
            generation=int(_required(environ, "DISPATCH_GENERATION")),
            worktree=Path(environ.get("DISPATCH_WORKTREE") or ".").resolve(),
            artifacts_dir=_place(environ, "DISPATCH_ARTIFACTS_DIR"),
            spool_dir=Path(environ.get("DISPATCH_SPOOL_DIR") or tempfile.mkdtemp(prefix="dispatch-spool-")).resolve(),
            configuration=_place(environ, "DISPATCH_CONFIGURATION"),
            repository=_place(environ, "DISPATCH_REPOSITORY"),
            programs={name: environ.get(f"DISPATCH_{name.upper()}") or name for name in PROGRAMS},
            stall_s=float(environ.get("DISPATCH_STALL_S") or 600),
            grace_s=float(environ.get("DISPATCH_GRACE_S") or 20),
            patience_s=float(environ.get("DISPATCH_PATIENCE_S") or 1800),
            model_access={name: environ[name] for name in MODEL_ACCESS if environ.get(name)},
            path=environ.get("PATH") or os.defpath,
        )

    @property
    def home(self) -> Path:
        """A home directory of the run's own: the agent keeps its state there, and finds nobody's credentials."""
        return self.spool_dir / "home"

    @property
    def mark(self) -> str:
        """What the processes of this job carry, and those of no other: an older generation's end must not reach a newer one's agent."""
        return f"{self.run_id}.{self.generation}.{os.getpid()}"

    def secrets(self) -> list[str]:
        """Every secret this job knows, to be masked wherever the agent repeats one."""
        own = [self.api_key, self.id_token_request, self.github.token if self.github else ""]
        return [value for name, value in self.model_access.items() if not name.endswith("_BASE_URL")] + own

    def command_environment(self) -> dict[str, str]:
        """The environment of git and of the repository's own commands: no key of any kind."""
        return {
            "PATH": self.path,
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            MARK: self.mark,
            **GIT_IDENTITY,
        }


def _required(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise MissingSettingError(f"{name} is not set: a job is told everything by its environment.")
    return environ[name]


def _place(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]).resolve() if environ.get(name) else None


def _key(environ: Mapping[str, str]) -> str:
    if not environ.get("DISPATCH_API_KEY") and not environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        raise MissingSettingError(
            "This job cannot show who it is: give it `permissions: id-token: write` on GitHub, or the secret DISPATCH_API_KEY."
        )
    return environ.get("DISPATCH_API_KEY") or ""
