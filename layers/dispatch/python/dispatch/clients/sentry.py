"""Sentry's API: what a webhook leaves out about one of its issues, read with the integration's token."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from dispatch.kit import clock
from dispatch.kit.errors import BadInput, Unavailable
from dispatch.kit.settings import settings

TIMEOUT_S = 10  # one call; the schedule asks again
MOST_BYTES = 5 * 1024 * 1024  # an event with everything in it has about a tenth of that
LIMIT_UNTOLD = timedelta(minutes=1)
LONGEST_LIMIT = timedelta(hours=1)  # a wilder figure is not believed


class Refused(BadInput):
    """Sentry refuses this, and would again."""


class NotThere(Refused):
    """Sentry knows no such issue, or the token may not see it."""


class NoAnswer(Unavailable):
    """Sentry does not answer. Try again soon."""


class Limited(NoAnswer):
    """Sentry's rate limit is reached; `again_at` is when it may be asked again."""

    def __init__(self, sentence: str, again_at: datetime) -> None:
        super().__init__(sentence, again_at=again_at)
        self.again_at = again_at


def is_configured() -> bool:
    """Whether there is a token, and an organisation to ask about."""
    return bool(settings().sentry_api_token.get_secret_value() and settings().sentry_organization_slug)


def get_issue(issue_id: str) -> Any:
    """The issue as it is now: how often it was seen, and by how many. Raises Refused, NotThere, NoAnswer, Limited."""
    return _get(f"/issues/{quote(issue_id, safe='')}/")


def get_latest_event(issue_id: str) -> Any:
    """The issue's newest event, whole. Raises Refused, NotThere, NoAnswer, Limited."""
    return _get(f"/issues/{quote(issue_id, safe='')}/events/latest/")


def _get(path: str) -> Any:
    import httpx2  # 160 ms of CPU: only who calls pays for it

    url = f"{settings().sentry_url.rstrip('/')}/api/0/organizations/{settings().sentry_organization_slug}{path}"
    headers = {"Authorization": f"Bearer {settings().sentry_api_token.get_secret_value()}", "Accept": "application/json"}
    try:
        with httpx2.stream("GET", url, headers=headers, timeout=TIMEOUT_S) as answer:
            body = _read(answer.iter_bytes())
    except httpx2.RequestError as error:
        raise NoAnswer(f"Sentry at {settings().sentry_url} does not answer: {error}") from error
    if not answer.is_success:
        raise _refusal(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, path)
    try:
        return json.loads(body)
    except ValueError as error:
        raise NoAnswer(f"Sentry at {settings().sentry_url} answers with something that is not JSON.") from error


def _read(chunks: Any) -> bytes:
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refused("Sentry's answer is larger than 5 MB.")
    return body


def _refusal(status: int, headers: Mapping[str, str], path: str) -> Refused | NoAnswer:
    if status == 429:
        again_at = _opens_at(headers)
        return Limited(f"Sentry's rate limit is reached; it opens at {again_at:%H:%M} UTC.", again_at)
    if status >= 500:
        return NoAnswer(f"Sentry at {settings().sentry_url} answers {status} to {path}.")
    if status == 404:
        return NotThere(f"Sentry knows no {path}: is SENTRY_ORGANIZATION_SLUG right, and may the token see the project?")
    if status in {401, 403}:
        return Refused("Sentry does not take the token. SENTRY_API_TOKEN is one of an internal integration with Issue & Event: Read.")
    return Refused(f"Sentry refuses {path} ({status}). Is SENTRY_URL right?")


def _opens_at(headers: Mapping[str, str]) -> datetime:
    """When the limit opens: Sentry says at which second, proxies say in how many."""
    now = clock.now()
    told, wait = _seconds(headers.get("x-sentry-rate-limit-reset")), _seconds(headers.get("retry-after"))
    opens = now + timedelta(seconds=wait) if wait is not None else datetime.fromtimestamp(told, UTC) if told else now + LIMIT_UNTOLD
    return min(max(opens, now + timedelta(seconds=1)), now + LONGEST_LIMIT)


def _seconds(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and len(value) <= 11 else None
