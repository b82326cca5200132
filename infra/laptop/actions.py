"""A door shaped like GitHub's REST API for Actions: product code starts, watches and cancels agents here as it would there.

A dispatched workflow becomes a supervisor process (`job.py`) that outlives this server.
"""

import fcntl
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from infra.laptop import claude
from infra.laptop.forge import Forge, Refusal
from infra.laptop.jobs import JobFolder, Jobs, State
from infra.laptop.repository import RepositoryError, base_commit, check_repository, refuse_uncommitted, remove_worktree

WORKFLOWS = {"auto-investigate", "prd-investigate", "prd-implement", "qa-test", "deep-research", "auto-triage"}
INPUTS = {"run_id", "generation", "issue"}
KNOWN = {"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "TERM", "NO_COLOR", "DISPATCH_CLAUDE", "PYTHONPATH"}
TOOLS = ("SCRIPTED_MODEL_", "npm_config_", "NODE_", "SSL_", "XDG_", "LD_LIBRARY_PATH")
CANCEL_PATIENCE_S = 15.0  # longer than the supervisor's own
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Actions:
    """What the door knows: the repository's name and folder, the token it asks for, and what every job is told."""

    name: str
    repository: Path
    token: str
    data: Path
    job_environment: Mapping[str, str]
    public_url: str
    runner: Path = ROOT / "workflows" / "agent"

    def door(self) -> Starlette:
        """The ASGI application, with GitHub's paths."""
        repository = "/repos/{owner}/{repo}"
        base = f"{repository}/actions"
        forge = Forge(self.name, self.repository, self.data / "merges.json", self.public_url)
        return Starlette(
            routes=[
                *(Route(f"{repository}{path}", self._guarded(answer), methods=["GET"]) for path, answer in forge.addresses().items()),
                Route(f"{base}/workflows/{{file}}/dispatches", self._guarded(self._dispatch), methods=["POST"]),
                Route(f"{base}/runs/{{id:int}}", self._guarded(self._show), methods=["GET"]),
                Route(f"{base}/runs/{{id:int}}/cancel", self._guarded(self._cancel), methods=["POST"]),
                Route(f"{base}/runs/{{id:int}}/logs", self._guarded(self._logs), methods=["GET"]),
            ],
            exception_handlers={Refusal: _refused, 404: _not_found},
        )

    def mend(self) -> list[int]:
        """Jobs whose supervisor died are completed as failures and their worktrees are gone; returns their ids.

        What a job has not published it publishes now, in a process of its own: whether there is anything, the server knows.
        """
        mended: list[int] = []
        for folder in Jobs(self.data / "runs"):
            if folder.is_supervised():
                continue
            if folder.worktree.exists() or folder.is_unfinished():
                remove_worktree(Path(folder.job().repository), folder.worktree)
                folder.write(folder.state())
                mended.append(folder.job().id)
            if folder.has_to_publish():
                _start(folder, self.runner, machine_environment() | dict(self.job_environment), "publish")
        return mended

    def _guarded(self, handler: Callable[[Request, Any], Response]) -> Callable[[Request], Any]:
        """The handler in a thread, for those who show the token and mean this repository."""

        async def guarded(request: Request) -> Response:
            from starlette.concurrency import run_in_threadpool

            body = await _json(request)
            if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {self.token}".encode()):
                raise Refusal(401, "Bad credentials")
            if f"{request.path_params['owner']}/{request.path_params['repo']}".lower() != self.name.lower():
                raise Refusal(404, "Not Found")
            return await run_in_threadpool(handler, request, body)

        return guarded

    def _dispatch(self, request: Request, body: Any) -> Response:
        workflow = request.path_params["file"].removesuffix(".yaml").removesuffix(".yml")
        if workflow not in WORKFLOWS:
            raise Refusal(404, "Not Found")
        inputs = _inputs(body)
        try:
            repository = check_repository(self.repository)
            refuse_uncommitted(repository)
            commit = base_commit(repository)
        except RepositoryError as error:
            raise Refusal(422, str(error)) from error
        if not claude.can_be_had(self.data):
            raise Refusal(422, claude.no_npm())
        folder = Jobs(self.data / "runs").add(**inputs, workflow=workflow, repository=repository, commit=commit)
        _start(folder, self.runner, machine_environment() | dict(self.job_environment))
        if not body.get("return_run_details"):
            return Response(status_code=204)
        run = self._described(request, folder)
        return JSONResponse({"workflow_run_id": run["id"], "run_url": run["url"], "html_url": run["html_url"]})

    def _show(self, request: Request, _body: Any) -> Response:
        return JSONResponse(self._described(request, self._found(request)))

    def _cancel(self, request: Request, _body: Any) -> Response:
        folder = self._found(request)
        state = folder.state()
        if state.status == "completed":
            raise Refusal(409, "Cannot cancel a workflow run that is completed.")
        threading.Thread(target=_end, args=(folder,), daemon=True).start()
        return JSONResponse({}, status_code=202)

    def _logs(self, request: Request, _body: Any) -> Response:
        log = self._found(request).log
        return PlainTextResponse(log.read_text(errors="replace") if log.exists() else "")

    def _found(self, request: Request) -> JobFolder:
        folder = Jobs(self.data / "runs").find(request.path_params["id"])
        if folder is None:
            raise Refusal(404, "Not Found")
        return folder

    def _described(self, request: Request, folder: JobFolder) -> dict[str, Any]:
        job, state = folder.job(), folder.state()
        url = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}/repos/{self.name}/actions/runs/{job.id}"
        return {
            "id": job.id,
            "name": job.workflow,
            "path": f".github/workflows/{job.workflow}.yml",
            "event": "workflow_dispatch",
            "head_sha": job.commit,
            "status": state.status,
            "conclusion": state.conclusion,
            "url": url,
            "html_url": f"{self.public_url}/issue/{job.issue}",  # GitHub's page of a run; ours is the issue's
            "created_at": _iso(job.created_at),
            "updated_at": _iso(state.updated_at),
        }


def machine_environment() -> dict[str, str]:
    """What a job may know of this machine: where programs, certificates and proxies are. No key and no password."""
    return {name: value for name, value in os.environ.items() if name in KNOWN or name.lower().endswith("_proxy") or name.startswith(TOOLS)}


def _start(folder: JobFolder, runner: Path, environment: Mapping[str, str], *words: str) -> None:
    """The supervisor runs, in a session of its own; the lock that says so is taken before it is born."""
    with (folder.path / "lock").open("a") as lock, folder.log.open("ab") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.laptop.job", str(folder.path), str(runner), *words],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[lock.fileno()],
        )
    threading.Thread(target=process.wait, name=f"job {process.pid}", daemon=True).start()  # or it would stay as a zombie


def _end(folder: JobFolder) -> None:
    """The supervisor is told to stop, and killed if it does not. One that has just started is waited for."""
    deadline = time.monotonic() + CANCEL_PATIENCE_S
    told = False
    while folder.is_supervised() and time.monotonic() < deadline:
        pid = folder.state().pid
        if pid and not told:
            os.kill(pid, signal.SIGTERM)
            told = True
        time.sleep(0.1)
    state = folder.state()
    if folder.is_supervised() and state.pid:
        os.kill(state.pid, signal.SIGKILL)
    if state.status != "completed" or state.conclusion == "failure":
        remove_worktree(Path(folder.job().repository), folder.worktree)
        folder.write(State("completed", "cancelled", state.pid))


async def _json(request: Request) -> Any:
    body = await request.body()
    try:
        return json.loads(body) if body else {}
    except ValueError as error:
        raise Refusal(400, "Problems parsing JSON") from error


def _inputs(body: Any) -> dict[str, Any]:
    given = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(given, dict) or not body.get("ref"):
        raise Refusal(422, 'Invalid request. "ref" and "inputs" are needed.')
    if set(given) != INPUTS:
        raise Refusal(422, f"Required inputs: {', '.join(sorted(INPUTS))}; given: {', '.join(sorted(map(str, given))) or 'none'}.")
    if not str(given["generation"]).isdecimal():
        raise Refusal(422, "Input generation is not a whole number.")
    return {"run_id": str(given["run_id"]), "generation": int(given["generation"]), "issue": str(given["issue"])}


def _refused(_request: Request, error: Exception) -> Response:
    return JSONResponse({"message": str(error)}, status_code=error.status if isinstance(error, Refusal) else 500)


def _not_found(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"message": "Not Found"}, status_code=404)


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
