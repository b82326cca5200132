"""GitHub's side of the webhooks' door: what it sends, signed as it signs."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

SECRET = "a secret that GitHub knows"
SHA = "5f3c" * 10
OTHER_SHA = "ab12" * 10
MERGED = "c0ffee" * 6 + "c0ff"

AN_HOUR_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

_numbers = count(1)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(
    body: bytes, headers: dict[str, str], *, method: str = "POST", as_base64: bool = False, path: str = "/api/github/webhook"
) -> Answer:
    """What the door answers to this very request."""
    from functions.webhooks.handler import handler

    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {"requestId": "trace-1", "http": {"method": method, "path": path, "sourceIp": "140.82.115.1"}},
        "body": base64.b64encode(body).decode() if as_base64 else body.decode(),
        "isBase64Encoded": as_base64,
    }
    answer = handler(event, None)
    return Answer(answer["statusCode"], answer["headers"], answer["body"])


def deliver(event: str, body: Any, *, delivery: str | None = None, secret: str = SECRET, as_base64: bool = False) -> Answer:
    """The event has been delivered; each time a delivery of its own, unless `delivery` says which."""
    raw = json.dumps(body).encode()
    headers = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": delivery or f"delivery-{next(_numbers)}",
        "x-hub-signature-256": sign(raw, secret),
    }
    return post(raw, headers, as_base64=as_base64)


def at(minutes: float = 0) -> str:
    """A moment as GitHub writes it: so many minutes after an hour ago."""
    return (AN_HOUR_AGO + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def pull(number: int = 12, *, minutes: float = 0, state: str = "open", **more: Any) -> dict[str, Any]:
    """A pull request as GitHub tells of it. `state` is one of ours; `branch`, `fork`, `association`, `sha` are what they say."""
    repository = more.get("repository", "acme/shop")
    is_over = state in {"closed", "merged"}
    return {
        "number": number,
        "html_url": f"https://github.com/{repository}/pull/{number}",
        "title": more.get("title", "Take the discount once"),
        "body": more.get("body"),
        "state": "closed" if is_over else "open",
        "draft": state == "draft",
        "user": {"login": more.get("author", "ada"), "type": more.get("type", "User")},
        "author_association": more.get("association", "MEMBER"),
        "head": {
            "ref": more.get("branch", "discounts"),
            "sha": more.get("sha", SHA),
            "repo": {"full_name": "mallory/shop" if more.get("fork") else repository},
        },
        "base": {"ref": "main", "repo": {"full_name": repository}},
        "created_at": at(),
        "updated_at": at(minutes),
        "merged_at": at(minutes) if state == "merged" else None,
        "merge_commit_sha": more.get("merge_commit", MERGED),
        "closed_at": at(minutes) if is_over else None,
    }


def tell_pull(action: str, number: int = 12, **more: Any) -> Answer:
    """A `pull_request` event has been delivered."""
    body = {"action": action, "number": number, "pull_request": pull(number, **more), "repository": {"full_name": "acme/shop"}}
    return deliver("pull_request", body | {"sender": {"login": "ada"}})


def review(review_id: int = 7, *, verdict: str = "changes_requested", body: str | None = "Use Decimal.", **more: Any) -> dict[str, Any]:
    """A review of pull request 12 by Grace, as GitHub tells of it."""
    return {
        "id": review_id,
        "state": verdict,
        "user": {"login": "grace", "type": more.get("reviewer_type", "User")},
        "author_association": more.get("reviewer", "MEMBER"),
        "body": body,
        "html_url": f"https://github.com/acme/shop/pull/12#pullrequestreview-{review_id}",
        "submitted_at": at(more.get("reviewed", 1)),
    }


def tell_review(review_id: int = 7, *, delivery: str | None = None, **more: Any) -> Answer:
    """A `pull_request_review` event has been delivered; what the review does not take is about the pull request."""
    own = {name: more.pop(name) for name in ("verdict", "reviewer", "reviewer_type") if name in more}
    said = review(review_id, body=more.pop("words", "Use Decimal."), **own)
    told = {"action": "submitted", "review": said, "pull_request": pull(**more), "repository": {"full_name": "acme/shop"}}
    return deliver("pull_request_review", told | {"sender": {"login": "grace"}}, delivery=delivery)


def ci_run(run_id: int = 900, *, conclusion: str | None = "failure", attempt: int = 1, minutes: float = 5, **more: Any) -> dict[str, Any]:
    """A workflow run as GitHub tells of it; `conclusion` None: it goes on."""
    return {
        "id": run_id,
        "name": more.get("name", "CI"),
        "workflow_id": more.get("workflow", 1),
        "path": more.get("path", ".github/workflows/ci.yml"),
        "event": more.get("event", "pull_request"),
        "head_branch": more.get("branch", "main"),
        "head_sha": more.get("sha", SHA),
        "run_attempt": attempt,
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "html_url": f"https://github.com/acme/shop/actions/runs/{run_id}",
        "updated_at": at(minutes),
    }


def tell_ci(run_id: int = 900, **more: Any) -> Answer:
    """A `workflow_run` event has been delivered."""
    run = ci_run(run_id, **more)
    action = "completed" if run["conclusion"] else "in_progress"
    return deliver("workflow_run", {"action": action, "workflow_run": run, "repository": {"full_name": "acme/shop"}})
