"""What Dispatch puts into a repository for agents on GitHub Actions: which files, and how those that stand there compare.

A manifest beside the runner lists each with its checksum, so that a file that a person has changed is known as such.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from infra.laptop.environment import ROOT
from infra.laptop.problems import BadInputError

SOURCE = ROOT / "workflows"
MANIFEST = ".github/dispatch/manifest.json"
CONFIGURATION = ".github/dispatch.toml"
KEY_LINE = "          DISPATCH_API_KEY: ${{ secrets.DISPATCH_API_KEY }}\n"
BEFORE_KEY = "          DISPATCH_RUN_ID:"  # in every step that talks to Dispatch, and in no other
IDENTITY_LINE = re.compile(r"^ +id-token: write.*\n", re.MULTILINE)
OURS = re.compile(r"\.github/(workflows/[a-z-]+\.yml|dispatch/[\w./-]+)")


@dataclass(frozen=True)
class Engine:
    """The CLI of a coding agent: its program below `.github/dispatch/cli/node_modules`, and the settings that lead to its model."""

    name: str
    program: str
    key: str
    url: str


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("claude", "@anthropic-ai/claude-code-linux-x64/claude", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
        Engine("codex", ".bin/codex", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
        Engine("gemini", ".bin/gemini", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
    )
}
DEFAULT_ENGINE = ENGINES["claude"]  # the workflow files are written for it


class FileState(StrEnum):
    """How a file in a repository stands to the one of this version."""

    CURRENT = "up to date"
    OLD = "out of date"
    EDITED = "edited"
    MISSING = "missing"


@dataclass(frozen=True)
class Installed:
    """A repository, and what its manifest says was put there: a checksum for each path."""

    repository: Path
    version: str | None
    has_api_key: bool
    sums: dict[str, str]

    @property
    def engine(self) -> Engine:
        """What its own configuration asks for. Raises BadInputError."""
        return _configured_engine(self.repository / CONFIGURATION)

    @staticmethod
    def read(place: Path) -> "Installed":
        """What is installed in the repository that holds `place`. Raises BadInputError where there is none."""
        repository = _top_of(place)
        file = repository / MANIFEST
        if not file.exists():
            return Installed(repository, None, has_api_key=False, sums={})
        try:
            said = json.loads(file.read_text())
            sums = {str(path): str(checksum) for path, checksum in said["files"].items()}
            return Installed(repository, str(said["version"]), has_api_key=said["has_api_key"] is True, sums=_only_ours(sums))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise BadInputError(f"{file} cannot be read ({error}). Delete it and install again.") from error

    def state_of(self, path: str, shipped: bytes | None) -> FileState:
        """How the file at `path` stands to `shipped`; None where this version has no such file any more."""
        file = self.repository / path
        if not file.is_file():
            return FileState.MISSING
        found = checksum(file.read_bytes())
        if shipped is not None and found == checksum(shipped):
            return FileState.CURRENT
        return FileState.OLD if found == self.sums.get(path) else FileState.EDITED

    def compare(self, shipped: dict[str, bytes]) -> dict[str, FileState]:
        """The state of every file that belongs there, and of every one that did and still is there."""
        left = {path for path in self.sums if path not in shipped and (self.repository / path).is_file()}
        return {path: self.state_of(path, shipped.get(path)) for path in sorted(shipped.keys() | left)}


def shipped_files(engine: Engine, *, has_api_key: bool) -> dict[str, bytes]:
    """What this version puts into a repository whose agents are of that engine: content by path."""
    texts = {f".github/workflows/{file.name}": _for_engine(file.read_text(), engine) for file in SOURCE.glob("*.yml")}
    if has_api_key:
        texts = {path: _with_api_key(text) for path, text in texts.items()}
    runner = {f".github/dispatch/{file.relative_to(SOURCE).as_posix()}": file for file in (SOURCE / "agent").rglob("*.py")}
    agent = {f".github/dispatch/cli/{file.name}": file for file in (SOURCE / "cli" / engine.name).glob("*.json")}
    return {path: text.encode() for path, text in texts.items()} | {path: file.read_bytes() for path, file in (runner | agent).items()}


def runner_version() -> str:
    """The version of the runner that is shipped, as it tells it at a claim."""
    return re.findall(r'^VERSION = "(.+?)"', (SOURCE / "agent" / "__init__.py").read_text(), re.MULTILINE)[0]


def checksum(content: bytes) -> str:
    """The content's SHA-256, as the manifest lists it."""
    return hashlib.sha256(content).hexdigest()


def guess_base_branch(repository: Path) -> str:
    """The branch that its `origin` begins with, else the one that is checked out, else main."""
    for words in (("rev-parse", "--abbrev-ref", "origin/HEAD"), ("symbolic-ref", "--short", "HEAD")):
        try:
            return _git(repository, *words).removeprefix("origin/")
        except BadInputError:
            continue
    return "main"


def write_file(file: Path, content: bytes) -> None:
    """The file holds `content`, in folders made for it where there were none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def remove_file(repository: Path, path: str) -> None:
    """The file is gone, and so are the folders that it leaves empty."""
    (repository / path).unlink(missing_ok=True)
    for folder in _folders_above(repository, path):
        if any(folder.iterdir()):
            return
        folder.rmdir()


def _for_engine(workflow: str, engine: Engine) -> str:
    for ours, theirs in (
        (f"DISPATCH_{DEFAULT_ENGINE.name.upper()}:", f"DISPATCH_{engine.name.upper()}:"),
        (DEFAULT_ENGINE.program, engine.program),
        (DEFAULT_ENGINE.key, engine.key),
        (DEFAULT_ENGINE.url, engine.url),
    ):
        workflow = workflow.replace(ours, theirs)
    return workflow


def _configured_engine(file: Path) -> Engine:
    if not file.is_file():
        return DEFAULT_ENGINE
    try:
        name = tomllib.loads(file.read_text()).get("agent", {}).get("engine", DEFAULT_ENGINE.name)
    except (ValueError, AttributeError) as error:
        raise BadInputError(f"{file} cannot be read: {error}.") from error
    if name not in ENGINES:
        raise BadInputError(f"{file} asks for the engine {name!r}. There are: {', '.join(ENGINES)}.")
    return ENGINES[name]


def _with_api_key(workflow: str) -> str:
    return IDENTITY_LINE.sub("", workflow).replace(BEFORE_KEY, KEY_LINE + BEFORE_KEY)


def _top_of(place: Path) -> Path:
    if shutil.which("git") is None:
        raise BadInputError("git is not installed.")
    if not place.is_dir():
        raise BadInputError(f"{place} is not a folder on this machine.")
    try:
        return Path(_git(place, "rev-parse", "--show-toplevel"))
    except BadInputError as error:
        raise BadInputError(f"{place} is not a git repository with files in it.") from error


def _git(place: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(place), *words], check=False, capture_output=True, text=True, errors="replace")
    if done.returncode != 0 or not done.stdout.strip():
        raise BadInputError(done.stderr.strip())
    return done.stdout.strip()


def _only_ours(sums: dict[str, str]) -> dict[str, str]:
    """A manifest is a file like any other: what it lists outside our own places is none of ours."""
    return {path: checksum for path, checksum in sums.items() if OURS.fullmatch(path) and ".." not in PurePosixPath(path).parts}


def _folders_above(repository: Path, path: str) -> Iterator[Path]:
    folder = (repository / path).parent
    while folder not in {repository, repository / ".github"}:
        yield folder
        folder = folder.parent
