"""The pull request of a published branch, through GitHub's REST API. Asked for twice, there is still one."""

import json
import time
import urllib.parse
from typing import Any

from agent.settings import GitHub
from agent.web import StatusError, UnreachableError, call, insist, seconds_to_wait

PATIENCE_S = 400.0  # for all that is GitHub's trouble; the publish job has a quarter of an hour
NOT_PERMITTED = (
    "GitHub does not let this repository's workflows open pull requests. An admin can change that: Settings, Actions, General, "
    '"Allow GitHub Actions to create and approve pull requests" (an organisation has the same setting), or a secret DISPATCH_PUSH_TOKEN.'
)

Json = dict[str, Any]


class NoPullError(Exception):
    """The branch has no pull request, and why: a sentence for people."""


class Pulls:
    """The pull requests of one repository."""

    def __init__(self, github: GitHub) -> None:
        self.github = github

    def ensure(self, branch: str, *, base: str | None, title: str, body: str) -> Json:
        """The open pull request of `branch`, a new draft where there was none. `base` None is the repository's own.

        Answers number, url, draft and base, as the protocol has it. Raises `NoPullError`.
        """
        found = self._find_open(branch)
        if found is None:
            wanted = {"title": title, "body": body, "head": branch, "base": base or self._ask("GET", "")["default_branch"]}
            found = self._open(wanted | {"draft": True})
        return {"number": found["number"], "url": found["html_url"], "draft": bool(found.get("draft")), "base": found["base"]["ref"]}

    def _find_open(self, branch: str) -> Json | None:
        head = urllib.parse.quote(f"{self.github.repository.split('/')[0]}:{branch}", safe="")
        found = self._ask("GET", f"/pulls?state=open&head={head}")
        return next((pull for pull in found if pull["head"]["ref"] == branch), None)

    def _open(self, wanted: Json) -> Json:
        try:
            return self._ask("POST", "/pulls", wanted)
        except StatusError as error:
            said = _words(error)
            if error.status == 422 and "draft" in said.lower() and wanted.pop("draft", False):
                return self._open(wanted)
            if error.status == 422 and (found := self._find_open(wanted["head"])):
                return found
            raise NoPullError(NOT_PERMITTED if error.status == 403 and "not permitted" in said else f"GitHub said: {said}") from error

    def _ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """GitHub's answer, asked for as long as it is in trouble or wants to be left alone."""
        try:
            return insist(lambda: self._ask_once(method, path, body), patience_s=PATIENCE_S)
        except UnreachableError as error:
            raise NoPullError(f"GitHub did not answer in time: {error}") from error
        except StatusError as error:
            if method == "GET":
                raise NoPullError(f"GitHub said: {_words(error)}") from error
            raise

    def _ask_once(self, method: str, path: str, body: Json | None) -> Any:
        headers = {
            "Authorization": f"Bearer {self.github.token}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "dispatch",
        }
        url = f"{self.github.api_url}/repos/{self.github.repository}{path}"
        try:
            return call(method, url, headers=headers, body=None if body is None else json.dumps(body).encode())
        except StatusError as error:
            raise _limit(error) or error from error


def _limit(error: StatusError) -> UnreachableError | None:
    """What a refusal is that only means "later"; None for every other."""
    is_spent = error.headers.get("X-RateLimit-Remaining") == "0"
    if error.status != 403 or not (is_spent or error.headers.get("Retry-After") or "rate limit" in error.said.lower()):
        return None
    later = UnreachableError(str(error))
    reset = error.headers.get("X-RateLimit-Reset") or ""
    later.wait_s = seconds_to_wait(error.headers) or (max(int(reset) - time.time(), 1.0) if is_spent and reset.isdecimal() else 60.0)
    return later


def _words(error: StatusError) -> str:
    facts = error.facts
    details = [str(one.get("message") or "") for one in facts.get("errors") or [] if isinstance(one, dict)]
    return " ".join([f"{error.status} {facts.get('message') or ''}", *details]).strip()
