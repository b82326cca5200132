"""A repository's commits as GitHub's REST API has them, read from git: one with its files, a list, and how two stand to each other."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = 30  # GitHub's, where none is asked for
FIELDS = "%H%x00%P%x00%an%x00%aI%x00%cI%x00%B%x01"
REVISION = re.compile(r"[\w.][\w./@~^-]{0,250}")  # nothing that git would take for an option or a range


def list_commits(repository: Path, page: str, asked: Mapping[str, str], *, branch: str) -> list[dict[str, Any]] | None:
    """`GET /repos/{name}/commits`, newest first; None where nothing is called so. `page` is where people see the repository."""
    head = find_commit(repository, asked.get("sha") or branch)
    if head is None:
        return None
    size, number = _paging(asked)
    limits = [f"--{name}={asked[name]}" for name in ("since", "until") if asked.get(name)]
    return [_shown(page, told) for told in _log(repository, *limits, f"--max-count={size}", f"--skip={(number - 1) * size}", head)]


def show_commit(repository: Path, page: str, revision: str) -> dict[str, Any] | None:
    """`GET /repos/{name}/commits/{ref}`: the commit and its files; None where there is none."""
    commit = find_commit(repository, revision)
    if commit is None:
        return None
    [told] = _log(repository, "--max-count=1", commit)
    return _shown(page, told) | {"files": _files(repository, commit)}


def compare(repository: Path, page: str, base: str, head: str, asked: Mapping[str, str]) -> dict[str, Any] | None:
    """`GET /repos/{name}/compare/{base}...{head}`: how they stand, and the commits that `head` alone has, oldest first."""
    base_commit, head_commit = find_commit(repository, base), find_commit(repository, head)
    if base_commit is None or head_commit is None:
        return None
    behind, ahead = (
        int(count) for count in _git(repository, "rev-list", "--left-right", "--count", f"{base_commit}...{head_commit}").split()
    )
    size, number = _paging(asked)
    own = _log(repository, "--reverse", f"{base_commit}..{head_commit}") if ahead else []
    return {
        "status": "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical",
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [_shown(page, told) for told in own[(number - 1) * size : number * size]],
    }


def find_commit(repository: Path, revision: str) -> str | None:
    """The whole name of the commit that is called so; None where there is none."""
    if not REVISION.fullmatch(revision) or ".." in revision:
        return None
    try:
        return _git(repository, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    except subprocess.CalledProcessError:
        return None


def _paging(asked: Mapping[str, str]) -> tuple[int, int]:
    """How many on a page, and which page."""
    size, number = asked.get("per_page", ""), asked.get("page", "")
    return min(int(size), 100) if size.isdecimal() and int(size) else PAGE, int(number) if number.isdecimal() and int(number) else 1


def _log(repository: Path, *words: str) -> list[list[str]]:
    told = _git(repository, "log", f"--format={FIELDS}", *words)
    return [one.lstrip("\n").split("\0") for one in told.split("\x01") if one.strip()]


def _shown(page: str, told: list[str]) -> dict[str, Any]:
    sha, parents, author, written_at, committed_at, message = told
    return {
        "sha": sha,
        "html_url": f"{page}/commit/{sha}" if page else "",
        "commit": {
            "message": message.strip(),
            "author": {"name": author, "date": written_at},
            "committer": {"name": author, "date": committed_at},
        },
        "author": None,
        "parents": [{"sha": parent} for parent in parents.split()],
    }


def _files(repository: Path, commit: str) -> list[dict[str, Any]]:
    against_first = ("--root", "-r", "-m", "--first-parent", "-M", "--no-commit-id")
    fields = _git(repository, "diff-tree", *against_first, "--name-status", "-z", commit).split("\0")[:-1]
    patches = re.split(r"^diff --git .*\n", _git(repository, "diff-tree", *against_first, "-p", commit), flags=re.MULTILINE)[1:]
    files: list[dict[str, Any]] = []
    while fields:
        status = fields.pop(0)
        was = fields.pop(0) if status[0] in "RC" else None
        files.append({"filename": fields.pop(0), **({"previous_filename": was} if was else {})})
    return [file | {"patch": patch[patch.index("@@") :]} if "\n@@" in patch else file for file, patch in zip(files, patches, strict=False)]


def _git(repository: Path, *words: str) -> str:
    command = ["git", "-c", "safe.directory=*", "-c", "core.quotePath=false", "-C", str(repository), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout
