"""Pull requests, reviews and checks as GitHub tells them: in webhooks and over REST alike. And what is asked about them."""

import base64
import re
from typing import Any

from pydantic import AwareDatetime, ValidationError

from dispatch.clients import github
from dispatch.kit.errors import BadInput
from dispatch.kit.shapes import Shape

WRITERS = {"OWNER", "MEMBER", "COLLABORATOR"}
MOST_BODY = 50_000  # characters of a description or review that are read; GitHub itself takes 65,536
MOST_WORKFLOWS = 30  # of a repository's workflow files that are looked into
PULL_TRIGGER = re.compile(r"^\s*(?:on\s*:.*|-\s*|['\"]?)pull_request(?:_target)?\b", re.MULTILINE)
VOID = {"cancelled", "stale"}  # it says nothing about the commit
PASSING = {"success", "neutral", "skipped"}


class Unreadable(BadInput):
    """GitHub told something in a form that is not known here."""


class PullNow(Shape):
    """A pull request as it was at `updated_at`. `head_repository` None: the fork is gone. `can_write`: its author may push here."""

    repository: str
    number: int
    url: str
    title: str
    body: str
    state: str
    author: str | None
    is_bot: bool
    can_write: bool
    head_repository: str | None
    head_branch: str
    head_sha: str
    base_branch: str
    opened_at: AwareDatetime
    updated_at: AwareDatetime
    merged_at: AwareDatetime | None
    merge_commit: str | None
    closed_at: AwareDatetime | None

    @property
    def is_fork(self) -> bool:
        """Whether its branch lies in another repository."""
        return (self.head_repository or "").lower() != self.repository.lower()


class CiRun(Shape):
    """A run of one of a repository's workflows on a commit. `state`: waiting, held (for an approval), passing, failing, or void."""

    repository: str
    head_sha: str
    workflow: str
    event: str
    external_id: int
    attempt: int
    name: str
    url: str
    state: str
    at: AwareDatetime


class Review(Shape):
    """What somebody said about a pull request. `state`: approved, changes_requested, commented, dismissed; or pending, without an `at`."""

    id: int
    state: str
    author: str | None
    is_bot: bool
    can_write: bool
    body: str
    url: str
    at: AwareDatetime | None


def read_pull(given: Any) -> PullNow:
    """A pull request from a webhook or from REST. Raises Unreadable."""
    try:
        head, base = given["head"], given["base"]
        user: dict[str, Any] = given.get("user") or {}
        head_repository: dict[str, Any] = head.get("repo") or {}
        merged_at = given.get("merged_at")
        return PullNow(
            repository=base["repo"]["full_name"],
            number=given["number"],
            url=given["html_url"],
            title=(given.get("title") or "")[:500],
            body=(given.get("body") or "")[:MOST_BODY],
            state="merged" if merged_at else "closed" if given["state"] == "closed" else "draft" if given.get("draft") else "open",
            author=user.get("login"),
            is_bot=user.get("type") == "Bot",
            can_write=given.get("author_association") in WRITERS,
            head_repository=head_repository.get("full_name"),
            head_branch=head["ref"],
            head_sha=head["sha"],
            base_branch=base["ref"],
            opened_at=given["created_at"],
            updated_at=given["updated_at"],
            merged_at=merged_at,
            merge_commit=given.get("merge_commit_sha") if merged_at else None,
            closed_at=given.get("closed_at"),
        )
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        raise Unreadable("GitHub's pull request cannot be read.") from error


def read_ci_run(given: Any, repository: str) -> CiRun:
    """A workflow run from a webhook or from REST. Raises Unreadable."""
    try:
        return CiRun(
            repository=repository,
            head_sha=given["head_sha"],
            workflow=str(given.get("workflow_id") or given.get("path") or given.get("name")),
            event=given["event"],
            external_id=given["id"],
            attempt=given.get("run_attempt") or 1,
            name=(given.get("name") or "a workflow")[:200],
            url=given["html_url"],
            state=_ci_state(given),
            at=given["updated_at"],
        )
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        raise Unreadable("GitHub's workflow run cannot be read.") from error


def read_review(given: Any) -> Review:
    """A review from a webhook or from REST. Raises Unreadable."""
    try:
        user: dict[str, Any] = given.get("user") or {}
        return Review(
            id=given["id"],
            state=given["state"].lower(),
            author=user.get("login"),
            is_bot=user.get("type") == "Bot",
            can_write=given.get("author_association") in WRITERS,
            body=(given.get("body") or "")[:MOST_BODY],
            url=given["html_url"],
            at=given.get("submitted_at"),
        )
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        raise Unreadable("GitHub's review cannot be read.") from error


def list_pulls(repository: str, *, page: int) -> list[PullNow]:
    """One page of the repository's pull requests in every state, the latest changed first; empty where there are no more."""
    params: dict[str, str | int] = {"state": "all", "sort": "updated", "direction": "desc", "per_page": github.PAGE, "page": page}
    return [read_pull(given) for given in github.call("GET", f"/repos/{repository}/pulls", params=params)]


def list_reviews(repository: str, number: int) -> list[Review]:
    """The pull request's reviews, oldest first."""
    return [read_review(given) for given in github.pages(f"/repos/{repository}/pulls/{number}/reviews", most=300)]


def list_review_comments(repository: str, number: int, review_id: int) -> list[str]:
    """What a review says at single lines: `path:line: words`, in order."""
    comments = github.pages(f"/repos/{repository}/pulls/{number}/reviews/{review_id}/comments", most=200)
    return [_comment(comment) for comment in comments]


def list_commit_messages(repository: str, number: int) -> list[str]:
    """The messages of the pull request's commits, oldest first."""
    return [given["commit"]["message"] for given in github.pages(f"/repos/{repository}/pulls/{number}/commits", most=250)]


def list_ci_runs(repository: str, head_sha: str) -> list[CiRun]:
    """The runs of the repository's workflows on that commit."""
    found = github.pages(f"/repos/{repository}/actions/runs", inside="workflow_runs", params={"head_sha": head_sha}, most=200)
    return [read_ci_run(given, repository) for given in found]


def has_other_checks(repository: str, head_sha: str) -> bool:
    """Whether anybody but Actions has reported on that commit, as far as the token may see: GitHub shows checks to no fine-grained one."""
    return any(_count(f"/repos/{repository}/commits/{head_sha}/{kind}") for kind in ("check-runs", "status"))


def runs_on_pulls(repository: str, branch: str) -> list[str]:
    """The names of the workflows that a pull request against that branch should start, as far as their files say so."""
    workflows = github.pages(f"/repos/{repository}/actions/workflows", inside="workflows", most=MOST_WORKFLOWS)
    active = [workflow for workflow in workflows if workflow["state"] == "active" and workflow["path"].startswith(".github/workflows/")]
    return [workflow["name"] for workflow in active if PULL_TRIGGER.search(_file(repository, workflow["path"], branch))]


def rerun_failed_jobs(repository: str, external_id: int) -> None:
    """The failed jobs of that run have been asked to run once more."""
    github.call("POST", f"/repos/{repository}/actions/runs/{external_id}/rerun-failed-jobs")


def read_failed_jobs(repository: str, external_id: int, *, most: int, tail: int) -> list[tuple[str, str]]:
    """The first failed jobs of the run's latest attempt: the name, and the last `tail` characters of the log."""
    jobs = github.pages(f"/repos/{repository}/actions/runs/{external_id}/jobs", inside="jobs", params={"filter": "latest"}, most=200)
    failed = [job for job in jobs if job.get("conclusion") in {"failure", "timed_out"}][:most]
    return [(job["name"], _log(repository, job["id"], tail)) for job in failed]


def _ci_state(given: Any) -> str:
    """GitHub's status and conclusion in one word."""
    if given["status"] in {"waiting", "action_required"} or given.get("conclusion") == "action_required":
        return "held"
    if given["status"] != "completed":
        return "waiting"
    conclusion = given.get("conclusion")
    return "passing" if conclusion in PASSING else "void" if conclusion in VOID else "failing"


def _comment(given: Any) -> str:
    line = given.get("line") or given.get("original_line")
    return f"{given['path']}{f':{line}' if line else ''}: {given['body']}"


def _count(path: str) -> int:
    try:
        return github.call("GET", path, params={"per_page": 1})["total_count"]
    except github.Refused:
        return 0


def _file(repository: str, path: str, ref: str) -> str:
    try:
        answer = github.call("GET", f"/repos/{repository}/contents/{path}", params={"ref": ref})
        return base64.b64decode(answer["content"]).decode(errors="replace")
    except (github.NotThere, KeyError, ValueError):
        return ""


def _log(repository: str, job_id: int, tail: int) -> str:
    try:
        return github.tail(f"/repos/{repository}/actions/jobs/{job_id}/logs", most=tail)
    except github.Refused:
        return ""  # logs are deleted after a while
