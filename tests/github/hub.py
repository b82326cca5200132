"""The loopback GitHub: one repository with its workflows, runs and pull requests. `door.py` lets others reach it."""

import hashlib
import hmac
import itertools
import json
import secrets
import threading
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import yaml

from tests.github.expressions import fill
from tests.github.git import git
from tests.github.identity import Issuer, Token

NAME = "acme/shop"


class Refusal(Exception):
    """GitHub's way to say no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class JobRun:
    """One job of a run, as it went."""

    id: int
    name: str
    conclusion: str | None = None
    steps: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""


@dataclass
class Run:
    """One run of a workflow. `definition` is the file's content, read when it was dispatched."""

    id: int
    file: str
    definition: dict[str, Any]
    inputs: dict[str, str]
    ref: str
    sha: str
    title: str
    created_at: datetime
    attempt: int = 1
    status: str = "queued"
    conclusion: str | None = None
    jobs: dict[str, JobRun] = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float = 60) -> "Run":
        """It is over."""
        assert self.over.wait(seconds), f"the run of {self.file} never ended:\n{self.log}"
        return self

    @property
    def log(self) -> str:
        """What every job said."""
        return "\n".join(f"=== {job.name}: {job.conclusion} {job.steps}\n{job.log}" for job in self.jobs.values())


class Hub:
    """Everything there is. `secrets` and `variables` belong to the environment `dispatch`, and jobs outside it see none of them."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.api_url, self.page = f"{url}/api/v3", f"{url}/{NAME}"
        self.repository = folder / f"{NAME}.git"
        self.issuer = Issuer(f"{url}/oidc")
        self.secrets: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.tokens: dict[str, Token] = {}
        self.runs: dict[int, Run] = {}
        self.pulls: list[dict[str, Any]] = []
        self.deployments: dict[int, tuple[dict[str, Any], list[dict[str, Any]]]] = {}  # each with its statuses, oldest first
        self.is_private = True
        self.may_open_pulls = True  # Settings > Actions > "Allow GitHub Actions to create and approve pull requests"
        self.hook: tuple[str, str] | None = None  # a webhook's address and secret
        self.refused_pushes: list[str] = []  # with what words
        self.deliveries: list[tuple[str, str, int]] = []
        self.groups: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._ids = itertools.count(secrets.randbelow(10**6) + 10**6)

    def new_id(self) -> int:
        """A number that nothing else has."""
        return next(self._ids)

    def give(self, token: Token) -> Token:
        """The token counts from now on."""
        self.tokens[token.value] = token
        return token

    def sha_of(self, ref: str) -> str | None:
        """The commit that a branch stands on; None where there is none."""
        found = git(self.repository, "for-each-ref", "--format=%(objectname)", f"refs/heads/{ref.removeprefix('refs/heads/')}")
        return found or None

    def read(self, ref: str, path: str) -> bytes | None:
        """A file's content at a branch."""
        listed = git(self.repository, "ls-tree", "--name-only", ref, path)
        return git(self.repository, "show", f"{ref}:{path}").encode() + b"\n" if listed else None

    def new_run(self, file: str, ref: str, inputs: dict[str, Any]) -> Run:
        """A run of the workflow `file` as it is at `ref`, not started yet. Raises Refusal as GitHub would."""
        sha = self.sha_of(ref)
        if sha is None:
            raise Refusal(422, f"No ref found for: {ref}")
        text = self.read(sha, f".github/workflows/{file}")
        if text is None:
            raise Refusal(404, "Not Found")
        definition = yaml.safe_load(text)
        wanted = definition[True]["workflow_dispatch"]["inputs"]  # YAML 1.1 reads `on` as a truth
        if unexpected := inputs.keys() - wanted.keys():
            raise Refusal(422, f"Unexpected inputs provided: {sorted(unexpected)}")
        if missing := {name for name, kind in wanted.items() if kind.get("required") and not inputs.get(name)}:
            raise Refusal(422, f"Required input '{min(missing)}' not provided")
        title = fill(definition.get("run-name", definition["name"]), {"inputs": inputs})
        run = Run(self.new_id(), file, definition, inputs, f"refs/heads/{ref.removeprefix('refs/heads/')}", sha, title, datetime.now(UTC))
        self.runs[run.id] = run
        return run

    def newest_runs(self) -> list[Run]:
        """Every run, the newest first, as far as it has come by now."""
        return list(self.runs.values())[::-1]

    def open_pull(self, token: Token, asked: dict[str, Any]) -> dict[str, Any]:
        """A new pull request. Raises Refusal as GitHub would."""
        if token.job and not self.may_open_pulls:
            raise Refusal(403, "GitHub Actions is not permitted to create or approve pull requests.")
        head, base = self.sha_of(asked["head"]), self.sha_of(asked["base"])
        if head is None or base is None:
            raise Refusal(422, "Validation Failed: head or base is invalid")
        if not git(self.repository, "rev-list", f"{base}..{head}"):
            raise Refusal(422, f"Validation Failed: No commits between {asked['base']} and {asked['head']}")
        if self.find_pulls(head=asked["head"], state="open"):
            raise Refusal(422, f"Validation Failed: A pull request already exists for {NAME.split('/', maxsplit=1)[0]}:{asked['head']}.")
        number, now, here = len(self.pulls) + 1, _iso(datetime.now(UTC)), {"full_name": NAME}
        pull = {
            "id": self.new_id(),
            "number": number,
            "html_url": f"{self.url}/{NAME}/pull/{number}",
            "title": asked["title"],
            "body": asked.get("body") or "",
            "state": "open",
            "draft": bool(asked.get("draft")),
            "user": {"login": token.login, "type": "Bot" if token.job else "User"},
            "author_association": "CONTRIBUTOR" if token.job else "MEMBER",
            "head": {"ref": asked["head"], "sha": head, "repo": here},
            "base": {"ref": asked["base"], "sha": base, "repo": here},
            "created_at": now,
            "updated_at": now,
            "merged_at": None,
            "merge_commit_sha": None,
            "closed_at": None,
        }
        self.pulls.append(pull)
        self.tell("pull_request", "opened", {"number": number, "pull_request": pull})
        return pull

    def review(self, number: int, words: str, *, by: str = "MEMBER") -> None:
        """Somebody with that standing in the repository asks for changes."""
        [pull] = [pull for pull in self.find_pulls(state="all") if pull["number"] == number]
        review = {
            "id": self.new_id(),
            "state": "changes_requested",
            "body": words,
            "user": {"login": "grace", "type": "User"},
            "author_association": by,
            "html_url": f"{pull['html_url']}#review",
            "submitted_at": _iso(datetime.now(UTC)),
            "commit_id": pull["head"]["sha"],
        }
        self.tell("pull_request_review", "submitted", {"review": review, "pull_request": pull})

    def find_pulls(self, *, head: str | None = None, base: str | None = None, state: str = "open") -> list[dict[str, Any]]:
        """Those that fit, newest first, each with its branch as it is now."""
        for pull in self.pulls:
            pull["head"]["sha"] = self.sha_of(pull["head"]["ref"]) or pull["head"]["sha"]
        fitting = (
            pull
            for pull in reversed(self.pulls)
            if (state == "all" or pull["state"] == state)
            and (head is None or pull["head"]["ref"] == head.split(":")[-1])
            and (base is None or pull["base"]["ref"] == base)
        )
        return list(fitting)

    def show_run(self, run: Run) -> dict[str, Any]:
        """The run as REST and webhooks show it."""
        here = f"repos/{NAME}/actions/runs/{run.id}"
        return {
            "id": run.id,
            "name": run.definition["name"],
            "display_title": run.title,
            "path": f".github/workflows/{run.file}",
            "workflow_id": int(hashlib.sha256(run.file.encode()).hexdigest()[:8], 16),
            "event": "workflow_dispatch",
            "head_branch": run.ref.removeprefix("refs/heads/"),
            "head_sha": run.sha,
            "run_attempt": run.attempt,
            "status": run.status,
            "conclusion": run.conclusion,
            "url": f"{self.api_url}/{here}",
            "html_url": f"{self.url}/{NAME}/actions/runs/{run.id}",
            "created_at": _iso(run.created_at),
            "updated_at": _iso(datetime.now(UTC)),
        }

    def tell(self, event: str, action: str, payload: dict[str, Any]) -> None:
        """The webhook, if there is one, hears of it: signed, and once."""
        if self.hook:
            body = {"action": action, "repository": {"full_name": NAME, "default_branch": "main"}, "sender": {"login": "someone"}} | payload
            threading.Thread(target=self._deliver, args=(event, action, json.dumps(body).encode()), daemon=True).start()

    def _deliver(self, event: str, action: str, body: bytes) -> None:
        assert self.hook
        url, secret = self.hook
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/0000000",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": secrets.token_hex(16),
            "X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}",
        }
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
                status = answer.status
        except HTTPError as error:
            status = error.code
        except OSError:
            status = 0
        self.deliveries.append((event, action, status))


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
