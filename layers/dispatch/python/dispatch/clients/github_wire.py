"""One request to GitHub's REST API, and what its refusals mean. Whose token it carries is not decided here."""

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dispatch.kit import clock
from dispatch.kit.errors import BadInput, Unavailable
from dispatch.kit.settings import settings

API_VERSION = "2022-11-28"
TIMEOUT_S = 15  # one call; the schedule asks again
LIMIT_UNTOLD = timedelta(minutes=1)  # what GitHub asks for where it limits and does not say until when
LONGEST_LIMIT = timedelta(hours=2)  # its primary limit opens every hour; a wilder figure is not believed
NOTHING: frozenset[int] = frozenset()


class Refused(BadInput):
    """The runtime refuses this, and would again."""


class BadCredentials(Refused):
    """GitHub does not take the token: it is wrong, expired or revoked. Give Dispatch another."""


class NotThere(Refused):
    """The runtime knows no such thing, or the token may not see it."""


class NoAnswer(Unavailable):
    """The runtime does not answer. Try again soon."""


class Limited(NoAnswer):
    """GitHub's rate limit is reached. It was not done; `again_at` is when it may be asked again."""

    def __init__(self, sentence: str, again_at: datetime) -> None:
        super().__init__(sentence, again_at=again_at)
        self.again_at = again_at


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are lower-case; `json` is None where there was no body."""

    status: int
    headers: Mapping[str, str]
    json: Any


def ask(
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str,
    params: Mapping[str, str | int] | None = None,
    fine: frozenset[int] = NOTHING,
) -> Answer:
    """The answer, where it is a success or one of the statuses in `fine`. Raises Refused, NotThere, NoAnswer, Limited."""
    import httpx2  # 160 ms of CPU: only who calls pays for it

    try:
        answer = httpx2.request(method, _address(path), json=body, params=params, headers=_headers(token), timeout=TIMEOUT_S)
    except httpx2.RequestError as error:
        raise NoAnswer(f"The runtime at {settings().github_api_url} does not answer: {error}") from error
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if not answer.is_success and answer.status_code not in fine:
        raise _refusal(answer.status_code, answer.text, headers, path)
    try:
        return Answer(answer.status_code, headers, answer.json() if answer.content else None)
    except ValueError as error:
        raise NoAnswer(f"The runtime at {settings().github_api_url} answers with something that is not JSON.") from error


def read_tail(path: str, *, token: str, most: int) -> str:
    """The last `most` bytes of a text, wherever GitHub keeps it: its store is never shown the token. Raises as `ask` does."""
    import httpx2

    chunks: deque[bytes] = deque()
    try:
        with httpx2.stream("GET", _address(path), headers=_headers(token), timeout=TIMEOUT_S, follow_redirects=True) as answer:
            if not answer.is_success:
                raise _refusal(answer.status_code, answer.read().decode(errors="replace"), answer.headers, path)
            held = 0
            for chunk in answer.iter_bytes():
                chunks.append(chunk)
                held += len(chunk)
                while held - len(chunks[0]) >= most:
                    held -= len(chunks.popleft())
    except httpx2.RequestError as error:
        raise NoAnswer(f"The runtime at {settings().github_api_url} does not answer: {error}") from error
    return b"".join(chunks)[-most:].decode(errors="replace")


def repository_of(path: str) -> str:
    """The repository a path speaks of; empty where it speaks of none."""
    found = re.match(r"/repos/([^/]+/[^/?]+)", path)
    return found[1] if found else ""


def _address(path: str) -> str:
    return settings().github_api_url.rstrip("/") + path


def _headers(token: str) -> dict[str, str]:
    return {"Accept": "application/vnd.github+json", "Authorization": f"Bearer {token}", "X-GitHub-Api-Version": API_VERSION}


def _refusal(status: int, text: str, headers: Mapping[str, str], path: str) -> Refused | NoAnswer:  # noqa: PLR0911 - a line for each
    words = _words(text)
    if again_at := _limited_until(status, words, headers):
        return Limited(f"GitHub's rate limit is reached; it opens at {again_at:%H:%M} UTC.", again_at)
    if status >= 500:
        return NoAnswer(f"The runtime at {settings().github_api_url} answers {status} to {path}.")
    if 300 <= status < 400:
        return Refused(f"{repository_of(path)} has another name now. Set GITHUB_REPO to it.")
    match status:
        case 401:
            return BadCredentials()
        case 403:
            return Refused(_forbidden(words, headers, path))
        case 404:
            return NotThere(f"The runtime knows no {path}: is it installed, and may the token see the repository?")
        case _:
            return Refused(f"The runtime refuses ({status}): {words}")


def _limited_until(status: int, words: str, headers: Mapping[str, str]) -> datetime | None:
    """When the rate limit opens, primary or secondary; None where this is no limit."""
    spent = headers.get("x-ratelimit-remaining") == "0"
    told = "retry-after" in headers or "rate limit" in words.lower()
    if not (status == 429 or (status == 403 and (spent or told))):
        return None
    now = clock.now()
    wait, moment = _seconds(headers.get("retry-after")), _seconds(headers.get("x-ratelimit-reset"))
    if wait is not None:
        opens = now + timedelta(seconds=wait)
    elif spent and moment is not None:
        opens = datetime.fromtimestamp(moment, UTC)
    else:
        opens = now + LIMIT_UNTOLD
    return min(max(opens, now + timedelta(seconds=1)), now + LONGEST_LIMIT)


def _seconds(text: str | None) -> int | None:
    """A header's figure; None where it is none that could be."""
    return int(text) if text and text.isdecimal() and len(text) <= 11 else None


def _forbidden(words: str, headers: Mapping[str, str], path: str) -> str:
    """Which permission is missing, as far as GitHub tells: fine-grained tokens and Apps have permissions, classic tokens scopes."""
    said = f"The token may not do this in {repository_of(path)} ({words})."
    if "x-github-sso" in headers:
        return f"{said} The organisation wants it authorised for single sign-on."
    if permissions := headers.get("x-accepted-github-permissions"):
        return f"{said} It needs the permission {_read_aloud(permissions)}."
    if scopes := headers.get("x-accepted-oauth-scopes"):
        return f"{said} It needs the scope {scopes.replace(', ', ' or ')}."
    return said


def _read_aloud(permissions: str) -> str:
    """`pull_requests=write; actions=read,contents=read` as `pull_requests: write, or actions: read and contents: read`."""
    sets = [" and ".join(one.strip().replace("=", ": ") for one in alternative.split(",")) for alternative in permissions.split(";")]
    return ", or ".join(sets)


def _words(text: str) -> str:
    """What GitHub says, in its own words."""
    try:
        return str(json.loads(text)["message"])[:500]
    except (ValueError, KeyError, TypeError):
        return text[:500]
