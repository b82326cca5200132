"""Agents' branches that somebody merged, as GitHub tells of merged pull requests: on this machine there are no others.

When and as what each was merged is kept, so that a branch may be deleted afterwards.
"""

import fcntl
import json
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OURS = "refs/heads/dispatch/"


@dataclass(frozen=True)
class Merge:
    """A branch as it was merged; `commit` is the first one of the base that holds its work."""

    number: int
    branch: str
    head: str
    title: str
    commit: str
    merged_at: str

    @property
    def identifier(self) -> str:
        """The issue's, as the branch has it: `dispatch/dispatch-12-0192ab34` is of DISPATCH-12."""
        return self.branch.rpartition("/")[2].rpartition("-")[0].upper()


def list_merged(repository: Path, register: Path, *, base: str) -> list[Merge]:
    """Every branch of an agent that was merged into the base, the latest first. `register` is the file that they are kept in."""
    register.parent.mkdir(parents=True, exist_ok=True)
    register.touch()
    with register.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = [Merge(**one) for one in json.loads(file.read() or "[]")]
        names = {(merge.branch, merge.head) for merge in known}
        for branch, head in _branches(repository):
            commit = None if (branch, head) in names else _merged_as(repository, head, base)
            if commit:
                now = datetime.now(UTC).isoformat(timespec="seconds")
                known.append(Merge(len(known) + 1, branch, head, _git(repository, "log", "-1", "--format=%s", head), commit, now))
        file.seek(0)
        file.truncate()
        json.dump([asdict(merge) for merge in known], file)
    return known[::-1]


def show(merge: Merge, *, name: str, base: str, page: str) -> dict[str, Any]:
    """The pull request as GitHub would have it. `name` is the repository's, `page` where people look."""
    here = {"full_name": name}
    return {
        "number": merge.number,
        "html_url": page,
        "title": merge.title,
        "body": "",
        "state": "closed",
        "draft": False,
        "user": {"login": "agent", "type": "Bot"},
        "author_association": "MEMBER",
        "head": {"ref": merge.branch, "sha": merge.head, "repo": here},
        "base": {"ref": base, "repo": here},
        "created_at": merge.merged_at,
        "updated_at": merge.merged_at,
        "merged_at": merge.merged_at,
        "merge_commit_sha": merge.commit,
        "closed_at": merge.merged_at,
    }


def _branches(repository: Path) -> list[tuple[str, str]]:
    listed = _git(repository, "for-each-ref", "--format=%(refname:short) %(objectname)", OURS).splitlines()
    return [(branch, head) for branch, _, head in (line.partition(" ") for line in listed)]


def _merged_as(repository: Path, head: str, base: str) -> str | None:
    """The first commit of the base that holds the branch's work, merged, rebased or picked; None where some of it is not there."""
    both = f"{head}...{base}"
    if _git(repository, "rev-list", "--left-only", "--cherry-pick", "--count", both) != "0":
        return None
    after = _git(repository, "rev-list", "--first-parent", "--ancestry-path", "--reverse", f"{head}..{base}").splitlines()
    picked = [line[1:] for line in _git(repository, "rev-list", "--right-only", "--cherry-mark", both).splitlines() if line[0] == "="]
    if picked:
        return picked[0]
    is_on_base = not after or _git(repository, "rev-parse", f"{after[0]}^") == head  # fast-forwarded: it is a commit of the base itself
    return head if is_on_base else after[0]


def _git(repository: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), *words], check=True, capture_output=True, text=True, errors="replace"
    ).stdout.strip()
