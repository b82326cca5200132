"""GitHub's REST API, as far as we use it. A laptop answers like it, so what people read here says "the runtime"."""

from dataclasses import dataclass
from typing import Any, NoReturn

from dispatch.kit.errors import BadInput, Unavailable
from dispatch.kit.settings import settings

API_VERSION = "2022-11-28"
TIMEOUT_S = 15  # one call; the queue brings a lost start again


class Refused(BadInput):
    """The runtime refuses this, and would again."""


class NoAnswer(Unavailable):
    """The runtime does not answer. Try again soon."""


@dataclass(frozen=True)
class WorkflowRun:
    """What GitHub calls a started workflow; `id` is None where an older server does not tell."""

    id: int | None
    url: str | None


def dispatch_workflow(repository: str, workflow_file: str, *, ref: str | None, inputs: dict[str, str]) -> WorkflowRun:
    """The workflow has been started with these inputs. Raises Refused, NoAnswer."""
    body: dict[str, Any] = {"ref": ref or _default_branch(repository), "inputs": inputs, "return_run_details": True}
    answer = _call("POST", f"/repos/{repository}/actions/workflows/{workflow_file}/dispatches", body)
    return WorkflowRun(id=answer.get("workflow_run_id"), url=answer.get("html_url"))


def cancel_run(repository: str, run_id: str) -> None:
    """The workflow run has been asked to stop; one that has ended already is left alone."""
    _call("POST", f"/repos/{repository}/actions/runs/{run_id}/cancel", None, fine={409})


def has_ended(repository: str, run_id: str) -> bool:
    """Whether the workflow run has ended, or GitHub knows it no more. Raises NoAnswer."""
    answer = _call("GET", f"/repos/{repository}/actions/runs/{run_id}", None, fine={404})
    return answer.get("status", "completed") == "completed"


def _default_branch(repository: str) -> str:
    return str(_call("GET", f"/repos/{repository}", None)["default_branch"])


def _call(method: str, path: str, body: dict[str, Any] | None, *, fine: set[int] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    import httpx2  # 160 ms of CPU: only who calls pays for it

    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {settings().github_token.get_secret_value()}",
        "X-GitHub-Api-Version": API_VERSION,
    }
    try:
        answer = httpx2.request(method, settings().github_api_url + path, json=body, headers=headers, timeout=TIMEOUT_S)
    except httpx2.TransportError as error:
        raise NoAnswer(f"The runtime at {settings().github_api_url} does not answer: {error}") from error
    if not answer.is_success and answer.status_code not in fine:
        _refuse(answer.status_code, answer.text, dict(answer.headers), path)
    return answer.json() if answer.content else {}


def _refuse(status: int, text: str, headers: dict[str, str], path: str) -> NoReturn:
    limited = status == 429 or (status == 403 and headers.get("x-ratelimit-remaining") == "0")
    if status >= 500 or limited:
        raise NoAnswer(f"The runtime at {settings().github_api_url} answers {status} to {path}.")
    if status == 404:
        raise Refused(f"The runtime knows no {path}: is the workflow installed, and may the token see the repository?")
    raise Refused(f"The runtime refuses ({status}): {_message(text)}")


def _message(text: str) -> str:
    import json

    try:
        return str(json.loads(text)["message"])[:500]
    except (ValueError, KeyError, TypeError):
        return text[:500]
