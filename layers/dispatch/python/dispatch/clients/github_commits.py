"""Commits as GitHub has them: how two stand to each other, which there are, and what each changes."""

from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, ValidationError

from dispatch.clients import github
from dispatch.clients.github_deployments import Sha
from dispatch.clients.github_pulls import Unreadable
from dispatch.kit.shapes import Shape

MOST_PATCH = 20_000  # characters of one file's changes that are read
HOLDS = {"ahead": True, "identical": True, "behind": False, "diverged": False}


class Commit(Shape):
    """One commit. `author` is how GitHub knows them, else the name in the commit; `at` is when it came to where it is."""

    sha: Sha
    title: str
    author: str
    at: AwareDatetime
    url: str
    is_merge: bool


class ChangedFile(Shape):
    """What a commit does to a file; `was` is its name before, `patch` its changes as a diff (empty where GitHub shows none)."""

    path: str
    was: str | None
    patch: str


def read_commit(given: Any) -> Commit:
    """A commit from REST. Raises Unreadable."""
    try:
        written: dict[str, Any] = given["commit"]
        known: dict[str, Any] = given.get("author") or {}
        return Commit(
            sha=given["sha"],
            title=str(written["message"]).partition("\n")[0].strip()[:200],
            author=str(known.get("login") or written["author"]["name"])[:100],
            at=written["committer"]["date"],
            url=given["html_url"],
            is_merge=len(given.get("parents") or []) > 1,
        )
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        raise Unreadable("GitHub's commit cannot be read.") from error


def holds(repository: str, ancestor: str, descendant: str) -> bool | None:
    """Whether the descendant holds the ancestor; None where GitHub does not know one of them. Raises Unreadable."""
    path = f"/repos/{repository}/compare/{ancestor}...{descendant}"
    try:
        told = github.call("GET", path, params={"per_page": 1, "page": 2})  # the first page has every changed file with it
    except github.NotThere:
        return None
    try:
        return HOLDS[told["status"]]
    except (KeyError, TypeError) as error:
        raise Unreadable("GitHub's comparison cannot be read.") from error


def list_between(repository: str, base: str, head: str, *, most: int) -> list[Commit]:
    """The newest commits that `head` has and `base` has not, newest first, at most 100; none where GitHub does not know one of them."""
    path = f"/repos/{repository}/compare/{base}...{head}"
    try:
        total = int(github.call("GET", path, params={"per_page": 1, "page": 2})["total_commits"])
        page = max(1, -(-total // most))  # GitHub tells the oldest first
        found = _commits(path, page, most)
        if len(found) < most and page > 1:
            found = [*_commits(path, page - 1, most), *found]
    except github.NotThere:
        return []
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable("GitHub's comparison cannot be read.") from error
    return [read_commit(given) for given in reversed(found[-most:])]


def list_commits(repository: str, *, head: str | None, since: datetime, until: datetime, most: int) -> list[Commit]:
    """The commits of that time up to `head` (None: the default branch), newest first; none where GitHub does not know it."""
    params = {"since": _moment(since), "until": _moment(until), **({"sha": head} if head else {})}
    try:
        return [read_commit(given) for given in github.pages(f"/repos/{repository}/commits", params=params, most=most)]
    except github.NotThere:
        return []


def list_changed_files(repository: str, sha: str) -> list[ChangedFile]:
    """What the commit changes, the first 300 files. Raises Unreadable."""
    told = github.call("GET", f"/repos/{repository}/commits/{sha}")
    try:
        files: list[dict[str, Any]] = told.get("files") or []
        return [
            ChangedFile(path=file["filename"], was=file.get("previous_filename"), patch=(file.get("patch") or "")[:MOST_PATCH])
            for file in files
        ]
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        raise Unreadable("GitHub's commit cannot be read.") from error


def _commits(path: str, page: int, most: int) -> list[Any]:
    return list(github.call("GET", path, params={"per_page": most, "page": page})["commits"])


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
